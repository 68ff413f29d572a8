/**
 * How a Ray node is started: arguments, environment and files, derived from the node's record and
 * its block of ports. Pure. The environment is made from nothing, so that no variable of the
 * supplier (a cloud key, a proxy) reaches a customer's job.
 */
import { dirname, join } from 'node:path';
import type { NodeRecord } from '../state/node-folder.ts';
import { portsOf } from './ports.ts';

/** The variable that marks every process of a node; the node's end sweeps what carries it. */
export const nodeMarker = 'RAYMESH_NODE_ID';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const pins = (first: number): readonly string[] => {
  const ports = portsOf(first);
  return [
    `--node-manager-port=${ports.nodeManager}`,
    `--object-manager-port=${ports.objectManager}`,
    `--runtime-env-agent-port=${ports.runtimeEnvironment}`,
    `--dashboard-agent-listen-port=${ports.agentHttp}`,
    `--dashboard-agent-grpc-port=${ports.agentGrpc}`,
    `--metrics-export-port=${ports.metrics}`,
    `--min-worker-port=${ports.workersFirst}`,
    `--max-worker-port=${ports.workersLast}`,
  ];
};

const headArguments = (record: NodeRecord, first: number): readonly string[] => {
  const ports = portsOf(first);
  return [
    '--head',
    `--port=${ports.gcs}`,
    '--include-dashboard=true',
    `--dashboard-host=${record.address}`,
    `--dashboard-port=${ports.dashboard}`,
    `--ray-client-server-port=${ports.client}`,
  ];
};

/** Where Ray keeps its session below the scratch folder, and the cluster's HOME. */
export const scratchFolders = (record: NodeRecord) => ({
  session: join(record.scratch_folder, 't'),
  home: join(record.scratch_folder, 'home'),
});

/** The arguments of the `ray` executable. */
export const rayArguments = (record: NodeRecord, first: number): readonly string[] => [
  'start',
  ...(record.head
    ? [`--address=${record.head.address}:${record.head.gcs_port}`]
    : headArguments(record, first)),
  `--node-ip-address=${record.address}`,
  `--num-cpus=${record.cpus}`,
  `--num-gpus=${record.gpus}`,
  `--labels=node=${record.node_id},cluster=${record.cluster_id}`,
  ...pins(first),
  `--object-store-memory=${record.object_store_bytes}`,
  `--memory=${record.memory_bytes}`,
  `--temp-dir=${scratchFolders(record).session}`,
  '--disable-usage-stats',
  '--block',
];

/** The whole environment of the node's processes. */
export const rayEnvironment = (record: NodeRecord, first: number): Record<string, string> => ({
  PATH: `${dirname(record.ray_executable)}:${systemPath}`,
  HOME: scratchFolders(record).home,
  LANG: 'C.UTF-8',
  [nodeMarker]: record.node_id,
  // Without it CUDA counts the fastest GPU first, and the indexes would name other processors.
  CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  CUDA_VISIBLE_DEVICES: record.gpu_indexes.join(','),
  RAY_TMPDIR: scratchFolders(record).session,
  RAY_AUTH_MODE: 'token',
  RAY_AUTH_TOKEN: record.auth_token,
  RAY_USAGE_STATS_ENABLED: '0',
  RAY_health_check_initial_delay_ms: '1000',
  RAY_health_check_period_ms: '1000',
  RAY_health_check_timeout_ms: '2000',
  RAY_health_check_failure_threshold: '3',
  RAY_gcs_rpc_server_connect_timeout_s: '1',
  RAY_gcs_rpc_server_reconnect_timeout_s: '5',
  DASHBOARD_METRIC_PORT: String(portsOf(first).dashboardMetrics),
  AUTOSCALER_METRIC_PORT: String(portsOf(first).autoscalerMetrics),
});

/**
 * `$HOME/ray_bootstrap_config.yaml` of a head: without it the dashboard asks the clouds' metadata
 * servers and may hang for many seconds.
 */
export const bootstrapConfig = (clusterId: string): string =>
  [
    `cluster_name: ${clusterId}`,
    'provider: { type: local }',
    'available_node_types: {}',
    'head_node_type: head',
    'max_workers: 0',
    '',
  ].join('\n');

/** Runs its arguments with the open-files limit at the smaller of 65536 and the hard limit. */
export const limitScript = [
  'limit=$(ulimit -Hn)',
  'if [ "$limit" = unlimited ] || [ "$limit" -gt 65536 ]; then limit=65536; fi',
  'ulimit -Sn "$limit"',
  'exec "$@"',
].join('\n');

const mebibyte = 1024 * 1024;
/** Ray refuses an object store below 75 MiB. */
const objectStoreBytesMin = 80 * mebibyte;
const objectStoreBytesMax = 2_000_000_000;

/** Sizes from what is free now: object store at most 2 GB, 30 % of memory, 80 % of /dev/shm. */
export const planMemory = (free: { readonly memoryBytes: number; readonly shmBytes: number }) => {
  const wanted = Math.min(objectStoreBytesMax, free.memoryBytes * 0.3, free.shmBytes * 0.8);
  const objectStoreBytes = Math.floor(Math.max(objectStoreBytesMin, wanted));
  const rest = free.memoryBytes * 0.8 - objectStoreBytes;
  return { objectStoreBytes, memoryBytes: Math.floor(Math.max(100 * mebibyte, rest)) };
};

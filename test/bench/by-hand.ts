/**
 * Two Ray nodes brought up by hand, as somebody who knows Ray would: the same commands, environment and
 * files as the agent's, from the agent's own command builder; the worker starts when the head's GCS
 * listens. No platform takes part.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import {
  bootstrapConfig,
  limitScript,
  planMemory,
  rayArguments,
  rayEnvironment,
  scratchFolders,
} from '../../agent/ray/launch.ts';
import { type HeldBlock, portsOf, takeFreeBlock } from '../../agent/ray/ports.ts';
import { endNodeProcesses } from '../../agent/ray/process-group.ts';
import { getText } from '../../agent/ray/ray-http.ts';
import { parseRayNodes } from '../../agent/ray/ray-nodes.ts';
import { canConnect } from '../../agent/ray/tcp.ts';
import type { NodeRecord } from '../../agent/state/node-folder.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { paths } from '../../local/paths.ts';
import { atEnd } from '../../local/supervisor.ts';
import { present } from '../../shared/core/assert.ts';
import { newId } from '../../shared/core/ids.ts';

/** Blocks of ports that the benchmark's agents leave alone. */
const ports = { first: 29_000, last: 32_699 } as const;
const gcsPollMs = 50;
const startWithinSeconds = 120;

export interface ByHandOrder {
  readonly address: string;
  /** Of each node. */
  readonly cpus: number;
  readonly rayExecutable: string;
  /** How often Ray's list is read. */
  readonly everyMs: number;
}

interface HandNode {
  readonly record: NodeRecord;
  readonly block: HeldBlock;
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
}

const id = <Prefix extends 'nod' | 'clu' | 'cmd'>(prefix: Prefix) =>
  newId(prefix, Date.now(), { bytes: (count) => randomBytes(count) });

const recordOf = (
  order: ByHandOrder,
  cluster: Pick<NodeRecord, 'cluster_id' | 'auth_token' | 'head'>,
): NodeRecord => {
  const shm = statfsSync('/dev/shm');
  const memory = planMemory({ memoryBytes: freemem(), shmBytes: shm.bavail * shm.bsize });
  return {
    version: 1,
    purpose: 'cluster',
    node_id: id('nod'),
    command_id: id('cmd'),
    role: cluster.head ? 'worker' : 'head',
    address: order.address,
    cpus: order.cpus,
    gpus: 0,
    gpu_indexes: [],
    proof_consent: false,
    ray_executable: order.rayExecutable,
    object_store_bytes: memory.objectStoreBytes,
    memory_bytes: memory.memoryBytes,
    scratch_folder: mkdtempSync('/tmp/rm-'),
    ports,
    ...cluster,
  };
};

const startNode = async (record: NodeRecord): Promise<HandNode> => {
  const block = present(await takeFreeBlock(ports), 'no free block of ports');
  const { session, home } = scratchFolders(record);
  mkdirSync(session, { recursive: true });
  mkdirSync(home, { recursive: true });
  if (!record.head) {
    writeFileSync(join(home, 'ray_bootstrap_config.yaml'), bootstrapConfig(record.cluster_id));
  }
  mkdirSync(paths.logs, { recursive: true });
  const log = openSync(join(paths.logs, `by-hand-${record.role}.log`), 'w');
  const command = [record.ray_executable, ...rayArguments(record, block.first)];
  const child = spawn('/bin/sh', ['-c', limitScript, 'sh', ...command], {
    cwd: home,
    env: rayEnvironment(record, block.first),
    detached: true,
    stdio: ['ignore', log, log],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { record, block, child, exited };
};

const endNode = async ({ record, block, child, exited }: HandNode): Promise<void> => {
  await endNodeProcesses(record.node_id, child.pid, exited);
  await block.release();
  rmSync(record.scratch_folder, { recursive: true, force: true });
};

const untilBothAlive = async (head: HandNode, everyMs: number): Promise<void> => {
  const { address, auth_token, cluster_id } = head.record;
  const url = `http://${address}:${portsOf(head.block.first).dashboard}/api/v0/nodes`;
  const look = async () => {
    const text = await getText(url, { token: auth_token, timeoutMs: 3_000 });
    const rows = text === undefined ? undefined : parseRayNodes(text, cluster_id);
    return rows?.filter(({ alive }) => alive).length === 2 ? true : undefined;
  };
  await waitFor('both nodes to be ALIVE', look, { seconds: startWithinSeconds, everyMs });
};

/** Seconds from the first command until Ray lists both nodes ALIVE; everything is ended again. */
export const startByHand = async (order: ByHandOrder): Promise<number> => {
  const started: HandNode[] = [];
  const start = async (record: NodeRecord) => {
    const node = await startNode(record);
    started.push(node);
    return node;
  };
  const endAll = async () => {
    for (const node of started.splice(0).reverse()) await endNode(node);
  };
  atEnd('nodes started by hand', endAll);
  const cluster = { cluster_id: id('clu'), auth_token: randomBytes(32).toString('hex') };
  const sinceMs = performance.now();
  try {
    const head = await start(recordOf(order, { ...cluster, head: null }));
    const { gcs } = portsOf(head.block.first);
    const listens = async () => ((await canConnect(order.address, gcs)) ? true : undefined);
    const soon = { seconds: startWithinSeconds, everyMs: gcsPollMs };
    await waitFor("the head's GCS to listen", listens, soon);
    await start(recordOf(order, { ...cluster, head: { address: order.address, gcs_port: gcs } }));
    await untilBothAlive(head, order.everyMs);
    return (performance.now() - sinceMs) / 1_000;
  } finally {
    await endAll();
  }
};

/**
 * Dispatches what a deploying cluster still lacks: the challenge of its processors, the head, and the
 * workers once the head's agent has told where its GCS will listen. Each node is created together with its
 * start command, in a transaction that the fence refuses. Nodes that were replaced are ended. Doing it
 * again dispatches nothing twice.
 */
import type { StartNodeCommand } from '../../shared/clusters/agent-protocol.ts';
import {
  type Assignment,
  activeAssignments,
  assignmentOf,
  type Cluster,
  isHead,
  lineOf,
  stopAfterGraceMs,
} from '../../shared/clusters/cluster.ts';
import { checkCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { putCommand } from '../../shared/clusters/command-store.ts';
import type { Node } from '../../shared/clusters/node.ts';
import { listNodes, putNode } from '../../shared/clusters/node-store.ts';
import { present } from '../../shared/core/assert.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { newId } from '../../shared/core/ids.ts';
import { isoOf, secondMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevices } from '../../shared/devices/device-store.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { type AcceptanceRuntime, acceptanceResults, openAcceptance } from './open-acceptance.ts';
import { stopNodes } from './stop-nodes.ts';

/** Nodes per transaction: two writes each, beside the fence. */
const nodesPerTransaction = 40;

/** How often a cluster that changes at the same moment is read again; the workflow comes back anyway. */
const attemptsMax = 5;

/** `cluster` as it was read last. */
export const dispatchNodes = async (
  needs: AcceptanceRuntime,
  cluster: Cluster,
  nowMs: number,
): Promise<void> => {
  let current: Cluster | undefined = cluster;
  for (let attempt = 0; attempt < attemptsMax && current?.status === 'deploying'; attempt += 1) {
    // Before the nodes: an agent whose processor is also Ray's then computes first and starts Ray after.
    const results = await acceptanceResults(needs, current);
    const opened = await openAcceptance(needs, current, results);
    if (opened && (await dispatchNodesOf(needs, opened, nowMs))) return;
    current = await getCluster(needs.database, current.id);
  }
};

const dispatchNodesOf = async (
  needs: CommitRuntime,
  cluster: Cluster,
  nowMs: number,
): Promise<boolean> => {
  const nodes = await listNodes(needs.database, cluster.id);
  await stopNodes(needs, replacedNodes(cluster, nodes), nowMs);
  return dispatchMissing(needs, cluster, nodes, nowMs);
};

const replacedNodes = (cluster: Cluster, nodes: readonly Node[]): readonly Node[] =>
  nodes.filter(({ id }) => assignmentOf(cluster, id)?.state === 'replaced');

/** False when the fence fell, the head moved, or somebody else dispatched at the same moment. */
const dispatchMissing = async (
  needs: CommitRuntime,
  cluster: Cluster,
  nodes: readonly Node[],
  nowMs: number,
): Promise<boolean> => {
  const known = new Set(nodes.map(({ id }) => id));
  const missing = activeAssignments(cluster).filter(
    (assignment) =>
      !known.has(assignment.nodeId) && (isHead(cluster, assignment) || cluster.headEndpoint),
  );
  const ids = missing.map(({ deviceId }) => deviceId);
  const devices = new Map((await getDevices(needs.database, ids)).map((each) => [each.id, each]));
  const writes = missing.map((assignment) => {
    const device = present(devices.get(assignment.deviceId), `no device ${assignment.deviceId}`);
    return nodeWrites(needs, cluster, assignment, device, nowMs);
  });
  for (let start = 0; start < writes.length; start += nodesPerTransaction) {
    const batch = writes.slice(start, start + nodesPerTransaction).flat();
    try {
      await commit(needs, [checkCluster(cluster), ...batch]);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      return false;
    }
  }
  return true;
};

const nodeWrites = (
  needs: CommitRuntime,
  cluster: Cluster,
  assignment: Assignment,
  device: Device,
  nowMs: number,
): readonly Write[] => {
  const { schedulable } = lineOf(cluster, assignment);
  const node: Node = {
    id: assignment.nodeId,
    clusterId: cluster.id,
    deviceId: device.id,
    cpus: schedulable ? device.cpus : 0,
    gpus: schedulable && device.processorKind === 'gpu' ? device.processorCount : 0,
    status: 'commanded',
    reason: null,
    commandedAtMs: nowMs,
    changedAtMs: nowMs,
    stopping: false,
  };
  const stopAfterMs = cluster.provisionUntilMs - nowMs + cluster.orderedMs + stopAfterGraceMs;
  const command: StartNodeCommand = {
    command_id: newId('cmd', nowMs, needs.randomness),
    issued_at: isoOf(nowMs),
    kind: 'start_node',
    cluster_id: cluster.id,
    node_id: node.id,
    role: isHead(cluster, assignment) ? 'head' : 'worker',
    head:
      isHead(cluster, assignment) || !cluster.headEndpoint
        ? null
        : { address: cluster.headEndpoint.address, gcs_port: cluster.headEndpoint.gcsPort },
    cpus: node.cpus,
    gpus: node.gpus,
    gpu_indexes: node.gpus > 0 ? [...device.gpuIndexes] : [],
    ray_version: cluster.rayVersion,
    auth_token: cluster.authToken,
    stop_after_seconds: Math.max(1, Math.floor(stopAfterMs / secondMs)),
    proof_consent: cluster.proofConsent,
  };
  return [putNode(node), putCommand({ deviceId: device.id, command })];
};

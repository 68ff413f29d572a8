/**
 * What an agent's report changes, whichever way it came. Reports may be late, repeated or about nodes
 * that the platform no longer wants: those are answered `stop` and change nothing else. The reporting
 * device was authenticated by the caller; here it must be the device of the node that it speaks of.
 */

import type { AgentReport, NodeReport, RayReport } from '../../shared/clusters/agent-protocol.ts';
import { assignmentOf, type Cluster, isFenced, isHead } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { deleteCommand } from '../../shared/clusters/command-store.ts';
import { isOver, type Node, type NodeStatus } from '../../shared/clusters/node.ts';
import { getNode, listNodes } from '../../shared/clusters/node-store.ts';
import { present } from '../../shared/core/assert.ts';
import type { Id } from '../../shared/core/ids.ts';
import { applyTestReport } from '../devices/apply-test-report.ts';
import { retryRefused } from '../kit/retry.ts';
import { commit } from '../kit/transaction.ts';
import { advanceNode } from './advance-node.ts';
import { dispatchNodes } from './dispatch-nodes.ts';
import { freeDevice } from './free-device.ts';
import { loseNodes } from './lose-nodes.ts';
import { meterCluster } from './meter-cluster.ts';
import type { AcceptanceRuntime } from './open-acceptance.ts';
import { startMetering } from './start-metering.ts';
import { type WakeRuntime, wakeWorkflow } from './wake-workflow.ts';

export type ReportRuntime = AcceptanceRuntime & WakeRuntime;
export type ReportAnswer = 'ok' | 'stop';

/** Applies a report of this device. */
export const applyReport = async (
  needs: ReportRuntime,
  deviceId: Id<'dev'>,
  report: AgentReport,
  nowMs: number,
): Promise<ReportAnswer> => {
  if (report.kind === 'test') {
    await applyTestReport(needs, deviceId, report, nowMs);
    await needs.database.write(deleteCommand(deviceId, report.command_id));
    return 'ok';
  }
  const cluster = await getCluster(needs.database, report.cluster_id);
  const node = cluster && (await getNode(needs.database, cluster.id, report.node_id));
  if (!cluster || node?.deviceId !== deviceId) return 'stop';
  return report.kind === 'node'
    ? applyNodeReport(needs, cluster, node, report, nowMs)
    : applyRayReport(needs, cluster, node, report, nowMs);
};

const statusOf: Readonly<Record<Exclude<NodeReport['state'], 'kept'>, NodeStatus>> = {
  accepted: 'accepted',
  started: 'started',
  refused: 'refused',
  exited: 'exited',
  stopped: 'stopped',
};

const applyNodeReport = async (
  needs: ReportRuntime,
  cluster: Cluster,
  node: Node,
  report: NodeReport,
  nowMs: number,
): Promise<ReportAnswer> => {
  const answer = await takeNodeReport(needs, cluster, node, report, nowMs);
  // Only now: whoever dies before this gets the report again, for it was not answered.
  await needs.database.write(deleteCommand(node.deviceId, report.command_id));
  return answer;
};

const takeNodeReport = async (
  needs: ReportRuntime,
  cluster: Cluster,
  node: Node,
  report: NodeReport,
  nowMs: number,
): Promise<ReportAnswer> => {
  const wanted = !isFenced(cluster) && assignmentOf(cluster, node.id)?.state === 'active';
  const over =
    report.state === 'refused' || report.state === 'exited' || report.state === 'stopped';
  if (report.state !== 'kept') {
    const status = statusOf[report.state];
    await advanceNode(needs, node, { status, reason: report.reason_code, nowMs });
  }
  if (!over) {
    // A report from before the end that came after it changes nothing.
    if (!wanted || isOver(node.status)) return 'stop';
    await placeHead(needs, cluster, node, report, nowMs);
    return 'ok';
  }
  if (wanted && cluster.status === 'running') {
    const evidence = report.detail ?? report.reason_code ?? report.state;
    await loseNodes(needs, cluster.id, new Map([[node.id, evidence]]), node.deviceId, nowMs);
  }
  await followEnd(needs, node, nowMs);
  return 'ok';
};

/**
 * A node is over. The device of a lost one serves nobody: its supplier gets it back at once. A release
 * waits for the last node, so that it frees no device whose node may still run.
 */
const followEnd = async (needs: ReportRuntime, node: Node, nowMs: number): Promise<void> => {
  const { clusterId } = node;
  const cluster = present(await getCluster(needs.database, clusterId), 'a cluster vanished');
  const nodes = await listNodes(needs.database, clusterId);
  const assignment = assignmentOf(cluster, node.id);
  if (!isFenced(cluster) && assignment?.state === 'lost') {
    await freeDevice(needs, cluster, assignment, nodes, nowMs);
  }
  if (!isFenced(cluster) || nodes.every(({ status }) => isOver(status))) {
    await wakeWorkflow(needs, clusterId);
  }
};

/** The head's agent has taken its ports: stores where it will listen, and sends the workers there. */
const placeHead = async (
  needs: ReportRuntime,
  known: Cluster,
  node: Node,
  report: NodeReport,
  nowMs: number,
): Promise<void> => {
  const { address, ports } = report;
  if (address === null || ports === null) return;
  const headEndpoint = {
    address,
    gcsPort: ports.gcs,
    dashboardPort: ports.dashboard,
    clientPort: ports.client,
  };
  await retryRefused(needs, async () => {
    const read = await getCluster(needs.database, known.id);
    const cluster = present(read, `no cluster ${known.id}`);
    const assignment = assignmentOf(cluster, node.id);
    if (assignment?.state !== 'active' || !isHead(cluster, assignment)) return;
    if (cluster.headEndpoint || cluster.status !== 'deploying') return;
    const event = {
      kind: 'cluster.head_placed' as const,
      status: cluster.status,
      reasonCode: cluster.reason,
      actor: node.deviceId,
      evidence: null,
      atMs: nowMs,
    };
    await commit(needs, changeCluster(cluster, { headEndpoint }, event));
  });
  // Also after a repeat: whatever died in between is made up for here.
  const placed = present(await getCluster(needs.database, known.id), `no cluster ${known.id}`);
  if (placed.headEndpoint) await dispatchNodes(needs, placed, nowMs);
};

const applyRayReport = async (
  needs: ReportRuntime,
  cluster: Cluster,
  head: Node,
  report: RayReport,
  nowMs: number,
): Promise<ReportAnswer> => {
  const assignment = assignmentOf(cluster, head.id);
  const speaksForCluster = assignment?.state === 'active' && isHead(cluster, assignment);
  if (isFenced(cluster) || !speaksForCluster) return 'stop';
  if (cluster.status === 'running') {
    await meterCluster(needs, cluster, report, nowMs);
    return 'ok';
  }
  const outcome = await startMetering(needs, cluster, report, nowMs);
  if (outcome !== 'waiting') await wakeWorkflow(needs, cluster.id);
  return 'ok';
};

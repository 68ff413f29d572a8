/**
 * Moves a deploying cluster to `running` once Ray itself lists every ordered node with the ordered
 * resources and every processor of the order was accepted. Status, metering, the end of the paid time and
 * the agents' new stop times are one transaction: the customer pays from the very moment at which the
 * cluster is said to run.
 */
import { judgeAcceptance } from '../../shared/clusters/acceptance.ts';
import type { RayReport } from '../../shared/clusters/agent-protocol.ts';
import {
  activeAssignments,
  type Cluster,
  stopAfterGraceMs,
  warnAtMs,
} from '../../shared/clusters/cluster.ts';
import { changeCluster } from '../../shared/clusters/cluster-store.ts';
import { putCommand } from '../../shared/clusters/command-store.ts';
import { deleteDue, putDue } from '../../shared/clusters/due-store.ts';
import { transition } from '../../shared/clusters/lifecycle.ts';
import { isOver, type Node } from '../../shared/clusters/node.ts';
import { listNodes, moveNode } from '../../shared/clusters/node-store.ts';
import { deadIn } from '../../shared/clusters/ray-report.ts';
import { openUsage } from '../../shared/clusters/usage.ts';
import { putUsage } from '../../shared/clusters/usage-store.ts';
import { present } from '../../shared/core/assert.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { newId } from '../../shared/core/ids.ts';
import { isoOf, secondMs } from '../../shared/core/time.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { advanceNode } from './advance-node.ts';
import { type AcceptanceRuntime, acceptanceResults, openAcceptance } from './open-acceptance.ts';

/** running: by this report; failed: not accepted, so that the workflow has to look at once. */
export type MeteringOutcome = 'running' | 'waiting' | 'failed';

export const startMetering = async (
  needs: AcceptanceRuntime,
  cluster: Cluster,
  report: RayReport,
  nowMs: number,
): Promise<MeteringOutcome> => {
  const nodes = await listNodes(needs.database, cluster.id);
  const wanted = activeAssignments(cluster);
  const active = nodes.filter(({ id }) => wanted.some(({ nodeId }) => nodeId === id));
  const alive = active.filter((node) => isListed(node, report));
  await noteAlive(needs, alive, nowMs);
  await noteDead(needs, active, report, nowMs);
  if (cluster.status !== 'deploying') return 'waiting';
  const results = await acceptanceResults(needs, cluster);
  const { state } = judgeAcceptance(cluster, results, nowMs);
  if (state === 'failed') return 'failed';
  // A slot stood in its way when the nodes were dispatched, or a device was replaced since.
  if (state === 'due') await openAcceptance(needs, cluster, results);
  // Without its address nobody could use it: the report that places the head is still on its way.
  if (state !== 'passed' || !cluster.headEndpoint || alive.length < wanted.length) return 'waiting';
  try {
    await commit(needs, runningWrites(needs, cluster, alive, nowMs));
    return 'running';
  } catch (error) {
    // The cluster ended or a node was replaced at this moment; the next report sees it.
    if (error instanceof WriteRefused) return 'waiting';
    throw error;
  }
};

/** Whether Ray lists the node ALIVE with the resources that were ordered, and its agent does not say otherwise. */
const isListed = (node: Node, report: RayReport): boolean =>
  !isOver(node.status) &&
  report.nodes.some(
    (row) =>
      row.node_id === node.id && row.alive && row.cpus === node.cpus && row.gpus === node.gpus,
  );

/** So that the customer sees progress; the nodes' own status decides nothing. */
const noteAlive = async (
  needs: CommitRuntime,
  nodes: readonly Node[],
  nowMs: number,
): Promise<void> => {
  for (const node of nodes) {
    await advanceNode(needs, node, { status: 'alive', reason: null, nowMs });
  }
};

/** A node that joined and died before the cluster ran: the assessment replaces it. */
const noteDead = async (
  needs: CommitRuntime,
  nodes: readonly Node[],
  report: RayReport,
  nowMs: number,
): Promise<void> => {
  const dead = deadIn(report);
  for (const node of nodes) {
    if (node.status !== 'alive' || node.reason !== null || !dead.has(node.id)) continue;
    try {
      await needs.database.write(moveNode(node, 'alive', 'ray_node_died', nowMs));
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
    }
  }
};

const acceptedWords = ({ acceptance }: Cluster): string => {
  const { challenged, number } = present(acceptance, 'running unaccepted');
  return challenged === 0
    ? 'none of their models has a reference that it could be held to'
    : `all ${challenged} processors were accepted in round ${number}`;
};

const runningWrites = (
  needs: CommitRuntime,
  cluster: Cluster,
  nodes: readonly Node[],
  nowMs: number,
): readonly Write[] => {
  const change = transition(cluster, { kind: 'run' }, nowMs);
  const paidUntilMs = present(change.paidUntilMs, 'running without an end');
  const stopAfterMs = paidUntilMs + stopAfterGraceMs - nowMs;
  return [
    ...changeCluster(cluster, change, {
      kind: 'cluster.running',
      status: change.status,
      reasonCode: change.reason,
      actor: 'platform',
      evidence: `Ray lists all ${nodes.length} nodes; ${acceptedWords(cluster)}.`,
      atMs: nowMs,
    }),
    putUsage(
      cluster.id,
      openUsage(
        nodes.map(({ id }) => id),
        nowMs,
      ),
    ),
    deleteDue({ clusterId: cluster.id, dueAtMs: cluster.provisionUntilMs }),
    putDue({ clusterId: cluster.id, dueAtMs: paidUntilMs }),
    putDue({ clusterId: cluster.id, dueAtMs: present(warnAtMs({ ...cluster, ...change }), '') }),
    ...nodes.map((node) =>
      putCommand({
        deviceId: node.deviceId,
        command: {
          command_id: newId('cmd', nowMs, needs.randomness),
          issued_at: isoOf(nowMs),
          kind: 'keep_node',
          cluster_id: cluster.id,
          node_id: node.id,
          stop_after_seconds: Math.ceil(stopAfterMs / secondMs),
        },
      }),
    ),
  ];
};

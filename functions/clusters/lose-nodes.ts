/**
 * Declares nodes of a running cluster lost: from their last proof of life they earn nothing more, also
 * when they come back. Without its head a Ray cluster is over: it fails, and the rest of the hold returns.
 */
import { activeAssignments, isHead, withLost } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { declareLost } from '../../shared/clusters/usage.ts';
import { getUsage, moveUsage } from '../../shared/clusters/usage-store.ts';
import { present } from '../../shared/core/assert.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { endCluster } from './end-cluster.ts';
import { stopNodes } from './stop-nodes.ts';

const evidenceLengthMax = 1000;

/** `lost`: what was seen of each node, by node id. Nodes that are lost already are left alone. */
export const loseNodes = async (
  needs: CommitRuntime,
  clusterId: string,
  lost: ReadonlyMap<string, string>,
  actor: string,
  nowMs: number,
): Promise<void> => {
  await retryRefused(needs, async () => {
    const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
    const going = activeAssignments(cluster).filter(({ nodeId }) => lost.has(nodeId));
    if (cluster.status !== 'running' || going.length === 0) return;
    const lostNodeIds = new Set<string>(going.map(({ nodeId }) => nodeId));
    const seen = going.map(({ nodeId }) => `${nodeId}: ${lost.get(nodeId)}`).join('; ');
    const evidence = seen.slice(0, evidenceLengthMax);
    if (going.some((assignment) => isHead(cluster, assignment))) {
      const event = { kind: 'fail', reason: 'head_lost' } as const;
      await endCluster(needs, clusterId, { event, actor, evidence, nowMs, lostNodeIds });
      return;
    }
    // Before the loss is written: whoever dies in between, the same report or silence leads here again.
    const nodes = await listNodes(needs.database, clusterId);
    await stopNodes(
      needs,
      nodes.filter(({ id }) => lostNodeIds.has(id)),
      nowMs,
    );
    const usage = present(await getUsage(needs.database, clusterId), 'running without usage');
    const event = {
      kind: 'cluster.node_lost' as const,
      status: cluster.status,
      reasonCode: 'node_lost',
      actor,
      evidence,
      atMs: nowMs,
    };
    await commit(needs, [
      ...changeCluster(cluster, { assignments: withLost(cluster, lostNodeIds) }, event),
      moveUsage(clusterId, usage, declareLost(usage, lostNodeIds)),
    ]);
  });
};

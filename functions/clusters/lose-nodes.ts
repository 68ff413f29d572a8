/**
 * Declares nodes of a running cluster lost: from their last proof of life they earn nothing more, also
 * when they come back. Without its head a Ray cluster is over: it fails, and the rest of the hold returns.
 */
import { activeAssignments, headAssignment } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { getNode } from '../../shared/clusters/node-store.ts';
import { declareLost } from '../../shared/clusters/usage.ts';
import { getUsage, moveUsage } from '../../shared/clusters/usage-store.ts';
import { assert, present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { endCluster } from './end-cluster.ts';
import { stopNodes } from './stop-nodes.ts';

const attemptsMax = 10;

/** `lost`: what was seen of each node, by node id. Nodes that are lost already are left alone. */
export const loseNodes = async (
  needs: CommitRuntime,
  clusterId: string,
  lost: ReadonlyMap<string, string>,
  actor: string,
  nowMs: number,
): Promise<void> => {
  const headEvidence = await markLost(needs, clusterId, lost, actor, nowMs);
  if (headEvidence !== undefined) {
    await endCluster(needs, clusterId, {
      event: { kind: 'fail', reason: 'head_lost' },
      actor,
      evidence: headEvidence,
      nowMs,
    });
    return;
  }
  // Whatever may still run there is not wanted any more.
  const nodes = await Promise.all(
    [...lost.keys()].map((nodeId) => getNode(needs.database, clusterId, nodeId)),
  );
  await stopNodes(
    needs,
    nodes.filter((node) => node !== undefined),
    nowMs,
  );
};

/** Answers what was seen of the head if it is among the lost. */
const markLost = async (
  needs: CommitRuntime,
  clusterId: string,
  lost: ReadonlyMap<string, string>,
  actor: string,
  nowMs: number,
): Promise<string | undefined> => {
  for (let attempt = 1; ; attempt += 1) {
    const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
    const going = activeAssignments(cluster).filter(({ nodeId }) => lost.has(nodeId));
    if (cluster.status !== 'running' || going.length === 0) return undefined;
    const usage = present(await getUsage(needs.database, clusterId), 'running without usage');
    const goingIds = new Set(going.map(({ nodeId }) => nodeId));
    const assignments = cluster.assignments.map((each) =>
      goingIds.has(each.nodeId) ? { ...each, state: 'lost' as const } : each,
    );
    const evidence = going.map(({ nodeId }) => `${nodeId}: ${lost.get(nodeId)}`).join('; ');
    try {
      await commit(needs, [
        ...changeCluster(
          cluster,
          { assignments },
          {
            kind: 'cluster.node_lost',
            status: cluster.status,
            reasonCode: 'node_lost',
            actor,
            evidence: evidence.slice(0, 1000),
            atMs: nowMs,
          },
        ),
        moveUsage(clusterId, usage, declareLost(usage, goingIds)),
      ]);
      return lost.get(headAssignment(cluster).nodeId);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      assert(attempt < attemptsMax, `${clusterId} changes faster than a node can be lost`);
    }
  }
};

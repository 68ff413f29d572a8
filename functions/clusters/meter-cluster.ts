/**
 * Adds what a report of the head proves to a running cluster's usage: a node counts when Ray lists it
 * ALIVE and its own device was heard from within 60 seconds. A node that Ray calls dead is lost at once.
 */
import type { RayReport } from '../../shared/clusters/agent-protocol.ts';
import { activeAssignments, type Cluster, provenGapMsMax } from '../../shared/clusters/cluster.ts';
import { aliveIn, deadIn } from '../../shared/clusters/ray-report.ts';
import { accrue } from '../../shared/clusters/usage.ts';
import { getUsage, moveUsage } from '../../shared/clusters/usage-store.ts';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { getPresences } from '../../shared/devices/presence-store.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { loseNodes } from './lose-nodes.ts';

export const meterCluster = async (
  needs: CommitRuntime,
  cluster: Cluster,
  report: RayReport,
  nowMs: number,
): Promise<void> => {
  const usage = present(await getUsage(needs.database, cluster.id), 'running without usage');
  if (usage.stoppedAtMs !== null) return;
  const active = activeAssignments(cluster);
  const presences = await getPresences(
    needs.database,
    active.map(({ deviceId }) => deviceId),
  );
  const alive = aliveIn(report);
  const heard = active.filter(({ deviceId }) => {
    const lastSeenMs = presences.get(deviceId)?.lastSeenMs;
    return lastSeenMs !== undefined && nowMs - lastSeenMs <= provenGapMsMax;
  });
  const aliveNodeIds = new Set(
    heard.map(({ nodeId }) => nodeId).filter((nodeId) => alive.has(nodeId)),
  );
  const paidUntilMs = present(cluster.paidUntilMs, 'running without an end');
  try {
    const next = accrue(usage, { aliveNodeIds, nowMs, paidUntilMs });
    await needs.database.write(moveUsage(cluster.id, usage, next));
  } catch (error) {
    // Another report came first, or the fence fell; what is proven next covers the gap.
    if (!(error instanceof WriteRefused)) throw error;
  }
  const listedDead = deadIn(report);
  const dead = new Map(
    active.flatMap(({ nodeId }) => {
      const words = listedDead.get(nodeId);
      return words === undefined ? [] : [[nodeId, words]];
    }),
  );
  if (dead.size > 0) await loseNodes(needs, cluster.id, dead, 'platform', nowMs);
};

/**
 * The fence: ends a cluster in one transaction that moves its status, stamps the stop and closes its
 * metering. Everything after it (stopping nodes, the final settlement, freeing devices) is the release
 * workflow's, which the event starts. Calling it for a cluster that has ended changes nothing.
 */

import { type Cluster, isFenced, withLost } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { type DueEntry, deleteDue } from '../../shared/clusters/due-store.ts';
import type { ClusterEventDetail } from '../../shared/clusters/event.ts';
import { type ClusterEvent, transition } from '../../shared/clusters/lifecycle.ts';
import { declareLost, stopTimeMs } from '../../shared/clusters/usage.ts';
import { getUsage, stopUsage } from '../../shared/clusters/usage-store.ts';
import { present } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

/** An event with which a cluster ends. */
export type EndingEvent = Extract<
  ClusterEvent,
  { readonly kind: 'expire' | 'request_termination' | 'stop' | 'fail' }
>;

/**
 * Answers the cluster as ended, by this call or before it. `stillDue` is asked again of what is read in
 * every attempt: a change of status may have come between.
 */
export const endCluster = (
  needs: CommitRuntime,
  clusterId: string,
  ending: {
    readonly event: EndingEvent;
    readonly actor: string;
    readonly evidence: string | null;
    readonly nowMs: number;
    readonly stillDue?: (cluster: Cluster) => boolean;
    /** Nodes whose loss ends it: they earn nothing from their last proof of life on. */
    readonly lostNodeIds?: ReadonlySet<string>;
  },
): Promise<Cluster> => {
  const { event, actor, evidence, nowMs, stillDue = () => true, lostNodeIds } = ending;
  return retryRefused(needs, async () => {
    const read = await getCluster(needs.database, clusterId);
    const cluster = present(read, `no cluster ${clusterId} to end`);
    if (isFenced(cluster) || !stillDue(cluster)) return cluster;
    const metering = await stopMetering(needs, cluster, nowMs, lostNodeIds);
    const { stoppedAtMs } = metering;
    const change = {
      ...transition(cluster, event, stoppedAtMs),
      ...(lostNodeIds ? { assignments: withLost(cluster, lostNodeIds) } : {}),
    };
    const detail: ClusterEventDetail = {
      kind: change.closedAtMs ? 'cluster.destroyed' : endingKind[event.kind],
      status: change.status,
      reasonCode: change.reason,
      actor,
      evidence,
      atMs: stoppedAtMs,
    };
    await commit(needs, [
      ...changeCluster(cluster, change, detail),
      ...metering.writes,
      ...(change.closedAtMs ? [deleteDue(payDueOf(cluster))] : []),
    ]);
    return { ...cluster, ...change, version: cluster.version + 1 };
  });
};

/** The entry at which an unpaid cluster is looked at. */
export const payDueOf = ({ id: clusterId, payUntilMs }: Cluster): DueEntry => ({
  clusterId,
  dueAtMs: present(payUntilMs, `${clusterId} was never unpaid`),
});

/** The fence's other half, on the metering of a cluster that runs, and the time at which it falls. */
const stopMetering = async (
  needs: CommitRuntime,
  cluster: Cluster,
  nowMs: number,
  lostNodeIds: ReadonlySet<string> | undefined,
): Promise<{ readonly stoppedAtMs: number; readonly writes: readonly Write[] }> => {
  if (cluster.runningAtMs === null) return { stoppedAtMs: nowMs, writes: [] };
  const usage = present(await getUsage(needs.database, cluster.id), 'running without usage');
  const stoppedAtMs = stopTimeMs(usage, nowMs);
  const next = lostNodeIds ? declareLost(usage, lostNodeIds) : usage;
  return { stoppedAtMs, writes: [stopUsage(cluster.id, usage, next, stoppedAtMs)] };
};

const endingKind = {
  expire: 'cluster.completed',
  request_termination: 'cluster.termination_requested',
  stop: 'cluster.termination_requested',
  fail: 'cluster.failed',
} as const;

/**
 * The fence: ends a cluster in one transaction that moves its status, stamps the stop and closes its
 * metering. Everything after it (stopping nodes, the final settlement, freeing devices) is the release
 * workflow's, which the event starts. Calling it for a cluster that has ended changes nothing.
 */

import { type Cluster, isFenced } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import type { ClusterEventDetail } from '../../shared/clusters/event.ts';
import { type ClusterEvent, transition } from '../../shared/clusters/lifecycle.ts';
import { stopUsage } from '../../shared/clusters/usage-store.ts';
import { assert, present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

/** An event with which a cluster ends. */
export type EndingEvent = Extract<
  ClusterEvent,
  { readonly kind: 'expire' | 'request_termination' | 'fail' }
>;

const attemptsMax = 10;

/**
 * Answers the cluster as ended, by this call or before it. `stillDue` is asked again of what is read in
 * every attempt: an extension, or a change of status, may have come between.
 */
export const endCluster = async (
  needs: CommitRuntime,
  clusterId: string,
  ending: {
    readonly event: EndingEvent;
    readonly actor: string;
    readonly evidence: string | null;
    readonly nowMs: number;
    readonly stillDue?: (cluster: Cluster) => boolean;
  },
): Promise<Cluster> => {
  const { event, actor, evidence, nowMs, stillDue = () => true } = ending;
  for (let attempt = 1; ; attempt += 1) {
    const read = await getCluster(needs.database, clusterId);
    const cluster = present(read, `no cluster ${clusterId} to end`);
    if (isFenced(cluster) || !stillDue(cluster)) return cluster;
    const change = transition(cluster, event, nowMs);
    const detail: ClusterEventDetail = {
      kind: endingKind[event.kind],
      status: change.status,
      reasonCode: change.reason,
      actor,
      evidence,
      atMs: nowMs,
    };
    const metering = cluster.runningAtMs === null ? [] : [stopUsage(cluster.id, nowMs)];
    try {
      await commit(needs, [...changeCluster(cluster, change, detail), ...metering]);
      return { ...cluster, ...change, version: cluster.version + 1 };
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      assert(attempt < attemptsMax, `${clusterId} changes faster than it can be ended`);
    }
  }
};

const endingKind = {
  expire: 'cluster.completed',
  request_termination: 'cluster.termination_requested',
  fail: 'cluster.failed',
} as const;

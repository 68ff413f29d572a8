/**
 * Task `expire-clusters`: works off what is due. The customer of a cluster whose paid time ends soon is
 * told; a running cluster whose paid time is over completes; one that still deploys at the end of its time
 * fails, one that was not paid is destroyed. The entry stays until the cluster has ended.
 */
import { type Cluster, warnAtMs } from '../../shared/clusters/cluster.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { type DueEntry, deleteDue, listDue } from '../../shared/clusters/due-store.ts';
import { dueShards } from '../../shared/clusters/keys.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { endCluster } from './end-cluster.ts';
import { unpaidWords } from './unpaid-words.ts';
import { warnLowBalance } from './warn-low-balance.ts';

export const expireClusters = async (needs: Runtime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const shards = Array.from({ length: dueShards }, (_, shard) => shard);
  const due = await Promise.all(shards.map((shard) => listDue(needs.database, shard, nowMs)));
  return forEachDue(needs, due.flat(), (entry) => expire(needs, entry, nowMs));
};

const expire = async (needs: Runtime, entry: DueEntry, nowMs: number): Promise<void> => {
  const cluster = await getCluster(needs.database, entry.clusterId);
  if (cluster?.status === 'running' && isWarning(cluster, entry, nowMs)) {
    return warnLowBalance(needs, cluster, entry, nowMs);
  }
  if (cluster?.status === 'running') {
    await endCluster(needs, cluster.id, {
      event: { kind: 'expire' },
      actor: 'platform',
      evidence: null,
      nowMs,
      stillDue: ({ status, paidUntilMs }) => status === 'running' && nowMs >= (paidUntilMs ?? 0),
    });
  } else if (cluster?.status === 'deploying' || cluster?.status === 'deployment_requested') {
    await endCluster(needs, cluster.id, {
      event: { kind: 'fail', reason: 'provisioning_timed_out' },
      actor: 'platform',
      evidence: null,
      nowMs,
      stillDue: ({ status, provisionUntilMs }) => status !== 'running' && nowMs >= provisionUntilMs,
    });
  } else if (cluster?.status === 'unpaid') {
    await endCluster(needs, cluster.id, {
      event: { kind: 'expire' },
      actor: 'platform',
      evidence: await unpaidWords(needs.database, cluster),
      nowMs,
      stillDue: ({ status }) => status === 'unpaid',
    });
  }
  await needs.database.write(deleteDue(entry));
};

/** Not when the paid time is over already: then the end itself is told. */
const isWarning = (cluster: Cluster, { dueAtMs }: DueEntry, nowMs: number): boolean =>
  dueAtMs === warnAtMs(cluster) && nowMs < (cluster.paidUntilMs ?? 0);

/**
 * Tells a cluster's customer that its paid time ends: how long it still runs, what it costs per hour, and
 * how long the credit that is left would carry the same rate. Once: the event and its due entry are one
 * transaction.
 */
import { type Cluster, isFenced } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { type DueEntry, takeDue } from '../../shared/clusters/due-store.ts';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { formatUsd, mulDivFloor } from '../../shared/core/money.ts';
import { isoOf, minuteMs } from '../../shared/core/time.ts';
import { getCredit } from '../../shared/ledger/ledger-store.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

/** Does nothing when the cluster has ended or somebody else has told in between. */
export const warnLowBalance = async (
  needs: CommitRuntime,
  { id, organisationId }: Cluster,
  entry: DueEntry,
  nowMs: number,
): Promise<void> => {
  const { customer } = await getCredit(needs.database, organisationId);
  await retryRefused(needs, async () => {
    const cluster = present(await getCluster(needs.database, id), `no cluster ${id} to warn of`);
    if (isFenced(cluster)) return;
    const event = {
      kind: 'cluster.low_balance' as const,
      status: cluster.status,
      reasonCode: 'paid_time_ends',
      actor: 'platform',
      evidence: wordsOf(cluster, customer.available, nowMs),
      atMs: nowMs,
    };
    const writes = [takeDue(entry), ...changeCluster(cluster, {}, event)];
    try {
      await commit(needs, writes);
    } catch (error) {
      const told = error instanceof WriteRefused && error.failedAt(0);
      if (!told) throw error;
    }
  });
};

const wordsOf = (cluster: Cluster, available: bigint, nowMs: number): string => {
  const paidUntilMs = present(cluster.paidUntilMs, 'running without an end');
  const rate = cluster.lines.reduce((sum, { rateUnitsPerHour }) => sum + rateUnitsPerHour, 0n);
  const minutes = Math.ceil((paidUntilMs - nowMs) / minuteMs);
  const lasts = mulDivFloor(available, 60n, rate);
  return (
    `The paid time ends at ${isoOf(paidUntilMs)}, in ${minutes} minutes; then the cluster stops. ` +
    `It costs ${formatUsd(rate)} per hour; ${formatUsd(available)} of credit is left, enough for ` +
    `${lasts} minutes at that rate. Save what you need, or order its successor now.`
  );
};

/**
 * Task `watch-budgets`: looks at the budgets that were set below what counts against them, and stops
 * clusters when such a limit is reached; and at organisations frozen for a dispute, whose clusters it stops
 * at once. Orders never get there: their transaction holds the limits and the freeze. A budget above all
 * that counts is not looked at any more until somebody changes it, a frozen organisation once no hold is
 * open.
 */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { isFenced } from '../../shared/clusters/cluster.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { costUnits } from '../../shared/clusters/cost.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { formatUsd } from '../../shared/core/money.ts';
import { monthOf } from '../../shared/ledger/statement.ts';
import {
  type Budget,
  type BudgetJudgement,
  type BudgetTarget,
  isWithin,
  judgeBudget,
  type RunningSpend,
  type Spending,
  scopeOf,
  spendingOfCluster,
} from '../../shared/payments/budgets/budget.ts';
import { getSpending, listWatched, unwatch } from '../../shared/payments/budgets/budget-store.ts';
import { type Commitment, mostInMonth } from '../../shared/payments/budgets/commitment.ts';
import { getCommitment, listCommitments } from '../../shared/payments/budgets/commitment-store.ts';
import { watchShards } from '../../shared/payments/keys.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { commit } from '../kit/transaction.ts';
import { endCluster } from './end-cluster.ts';
import { stopDisputed } from './stop-disputed.ts';

export const watchBudgets = async (needs: Runtime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const shards = Array.from({ length: watchShards }, (_, shard) => shard);
  const watched = await Promise.all(shards.map((shard) => listWatched(needs.database, shard)));
  return forEachDue(needs, watched.flat(), (targetId) => watch(needs, targetId, nowMs));
};

const watch = async (needs: Runtime, targetId: BudgetTarget, nowMs: number): Promise<void> => {
  const asRead = await getSpending(needs.database, targetId);
  const { budget } = asRead;
  if (asRead.frozen === 'dispute') {
    // No hold is open, and none is taken while it is frozen.
    if (asRead.unitsPerHour === 0n) return endWatch(needs, asRead);
    return stopDisputed(needs, asRead.targetId, nowMs);
  }
  const open = budget ? await commitmentsOf(needs, budget) : [];
  const spending = scopeOf(targetId) === 'cluster' ? spendingOfCluster(asRead, open[0]) : asRead;
  if (!budget || isWithin(spending, nowMs)) return endWatch(needs, asRead);
  const running = await Promise.all(
    open.map((commitment) => runningSpend(needs, commitment, nowMs)),
  );
  const judgement = judgeBudget(spending, running, nowMs);
  for (const clusterId of judgement.stop) {
    await endCluster(needs, clusterId, {
      event: { kind: 'stop', reason: 'budget_reached' },
      actor: 'platform',
      evidence: wordsOf(budget, judgement),
      nowMs,
    });
  }
};

/** The open commitments that count against a budget. */
const commitmentsOf = async (needs: Runtime, budget: Budget): Promise<readonly Commitment[]> => {
  const { targetId, organisationId } = budget;
  if (scopeOf(targetId) === 'cluster') {
    const own = await getCommitment(needs.database, targetId);
    return own ? [own] : [];
  }
  const open = await listCommitments(needs.database, organisationId);
  return open.filter(({ keyId }) => targetId === organisationId || targetId === keyId);
};

const runningSpend = async (
  needs: Runtime,
  commitment: Commitment,
  nowMs: number,
): Promise<RunningSpend> => {
  const { clusterId } = commitment;
  const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  const usage = await getUsage(needs.database, clusterId);
  const cost = costUnits(cluster, usage);
  return {
    commitment,
    spentUnits: spentThisMonth(cluster, cost, commitment.unitsPerHour, nowMs),
    ended: isFenced(cluster),
  };
};

/** At most all of its cost, and at most what its time in this month can have cost. */
const spentThisMonth = (
  cluster: Cluster,
  cost: bigint,
  unitsPerHour: bigint,
  nowMs: number,
): bigint => {
  if (cluster.runningAtMs === null) return 0n;
  // The minimum hour of a cluster that its customer ended is spent although nothing proves it.
  const spent = cluster.terminatedByCustomer && cost < unitsPerHour ? unitsPerHour : cost;
  const toMs = Math.max(nowMs, cluster.runningAtMs);
  const most = mostInMonth(unitsPerHour, { fromMs: cluster.runningAtMs, toMs }, monthOf(nowMs));
  return spent === cost && most < spent ? most : spent;
};

const wordsOf = (budget: Budget, { period, spentUnits }: BudgetJudgement): string => {
  const limit = formatUsd((period === 'hour' ? budget.hourlyUnits : budget.monthlyUnits) ?? 0n);
  const reached =
    period === 'hour'
      ? `allows ${limit} per hour, less than what ran`
      : `allows ${limit} a month, of which ${formatUsd(spentUnits)} is spent`;
  return (
    `Budget ${budget.id} (${scopeOf(budget.targetId)}) ${reached}, so the cluster was stopped. ` +
    `Only the proven time is charged. Raise the limit with PATCH /v1/budgets/${budget.id} and order anew.`
  );
};

/** Somebody may have changed the budget in between, who watches it anew. */
const endWatch = async (needs: Runtime, asRead: Spending): Promise<void> => {
  try {
    await commit(needs, unwatch(asRead));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};

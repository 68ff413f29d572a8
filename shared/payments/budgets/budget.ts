/**
 * Budgets: hard caps on what an organisation, one of its API keys or one of its clusters may spend, per
 * hour and per calendar month (UTC). Invariant: what counts against a limit is what open holds reserve
 * and what closed ones spent; no order raises it above the limit. A limit set below what counts already
 * stops the clusters in time instead. Pure.
 */
import { type Id, siblingId } from '../../core/ids.ts';
import { mulDivCeil } from '../../core/money.ts';
import { hourMs, minuteMs } from '../../core/time.ts';
import type { CredentialId } from '../../identity/principal.ts';
import { type Month, monthOf } from '../../ledger/statement.ts';
import type { FreezeReason } from '../cards/card-freeze.ts';
import type { ByMonth, Commitment } from './commitment.ts';

export const budgetScopes = ['organisation', 'api_key', 'cluster'] as const;
export type BudgetScope = (typeof budgetScopes)[number];

/** What a budget limits; of wallets that order, only what they spend is counted. */
export type BudgetTarget = Id<'org'> | CredentialId | Id<'clu'>;

/** Micro-dollars; null where there is no such limit. At least one of them is set. */
export interface BudgetLimits {
  /** Of what runs at the same time, per hour. */
  readonly hourlyUnits: bigint | null;
  /** Of one calendar month. */
  readonly monthlyUnits: bigint | null;
}

export interface Budget extends BudgetLimits {
  readonly id: Id<'bud'>;
  readonly organisationId: Id<'org'>;
  readonly targetId: BudgetTarget;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What counts against a target. It is counted before there is a budget, so that one can be set any time. */
export interface Spending {
  readonly targetId: BudgetTarget;
  /** Counts the changes of the budget and of the freeze, not those of the counters. */
  readonly version: number;
  readonly budget: Budget | null;
  /** Why nothing is ordered at all; null: nothing is frozen. Of organisations alone. */
  readonly frozen: FreezeReason | null;
  /** Micro-dollars per hour of the clusters whose holds are open. */
  readonly unitsPerHour: bigint;
  readonly months: ByMonth;
}

/** The one budget of a target. */
export const budgetIdOf = (targetId: BudgetTarget): Id<'bud'> => siblingId('bud', targetId);

export const scopeOf = (targetId: BudgetTarget): BudgetScope => {
  if (targetId.startsWith('org_')) return 'organisation';
  return targetId.startsWith('clu_') ? 'cluster' : 'api_key';
};

/** Where an order would go beyond a budget. */
export interface BudgetExcess {
  readonly budget: Budget;
  /** `hour`, or the month. */
  readonly period: 'hour' | Month;
  readonly limitUnits: bigint;
  readonly usedUnits: bigint;
  readonly neededUnits: bigint;
}

/** The first limit that the commitment does not fit into; undefined when it fits into all. */
export const findExcess = (
  spendings: readonly Spending[],
  commitment: Commitment,
): BudgetExcess | undefined =>
  spendings
    .flatMap((spending) => demandsOf(spending, commitment))
    .find(({ limitUnits, usedUnits, neededUnits }) => usedUnits + neededUnits > limitUnits);

/** What the commitment asks of each limit of a target. */
export const demandsOf = (spending: Spending, commitment: Commitment): readonly BudgetExcess[] => {
  const { budget } = spending;
  if (!budget) return [];
  const { hourlyUnits, monthlyUnits } = budget;
  const ofHour: BudgetExcess[] =
    hourlyUnits === null
      ? []
      : [
          {
            budget,
            period: 'hour',
            limitUnits: hourlyUnits,
            usedUnits: spending.unitsPerHour,
            neededUnits: commitment.unitsPerHour,
          },
        ];
  if (monthlyUnits === null) return ofHour;
  const ofMonths = Object.entries(commitment.months).map(([month, units]) => ({
    budget,
    period: month as Month,
    limitUnits: monthlyUnits,
    usedUnits: spending.months[month as Month] ?? 0n,
    neededUnits: units,
  }));
  return [...ofHour, ...ofMonths];
};

/** What counts against a cluster's own budget: its commitment, nothing once that is over. */
export const spendingOfCluster = (
  spending: Spending,
  commitment: Commitment | undefined,
): Spending => ({
  ...spending,
  unitsPerHour: commitment?.unitsPerHour ?? 0n,
  months: commitment?.months ?? {},
});

/** Whether nothing that is counted lies above the limits, so that no cluster can come to break them. */
export const isWithin = ({ budget, unitsPerHour, months }: Spending, nowMs: number): boolean => {
  if (!budget) return true;
  const { hourlyUnits, monthlyUnits } = budget;
  if (hourlyUnits !== null && unitsPerHour > hourlyUnits) return false;
  const current = monthOf(nowMs);
  return (
    monthlyUnits === null ||
    Object.entries(months).every(([month, units]) => month < current || units <= monthlyUnits)
  );
};

/** A cluster that counts against a budget, as it stands now. */
export interface RunningSpend {
  readonly commitment: Commitment;
  /** Micro-dollars that its proven time has cost in this month, at most. */
  readonly spentUnits: bigint;
  /** Whether it has ended and only waits for its hold to be closed. */
  readonly ended: boolean;
}

export interface BudgetJudgement {
  readonly stop: readonly Id<'clu'>[];
  /** Which limit; null when nothing has to stop. */
  readonly period: 'hour' | 'month' | null;
  /** Spent in this month. */
  readonly spentUnits: bigint;
}

/** Clusters stop so long before the monthly limit is reached: two runs of the schedule that looks. */
const aheadMs = 2 * minuteMs;

/**
 * Which clusters have to stop under a budget that is set below what counts: for the hour the newest ones
 * until the rest fits, for the month all of them once it is spent but for two minutes.
 */
export const judgeBudget = (
  spending: Spending,
  running: readonly RunningSpend[],
  nowMs: number,
): BudgetJudgement => {
  const { hourlyUnits = null, monthlyUnits = null } = spending.budget ?? {};
  const month = monthOf(nowMs);
  const live = running
    .filter(({ ended }) => !ended)
    .map(({ commitment }) => commitment)
    .sort((a, b) => b.createdAtMs - a.createdAtMs);
  const counted = spending.months[month] ?? 0n;
  const reserved = sum(running.map(({ commitment }) => commitment.months[month] ?? 0n));
  const spentUnits = counted - reserved + sum(running.map(({ spentUnits: units }) => units));
  const burn = sum(live.map(({ unitsPerHour }) => unitsPerHour));
  const ahead = mulDivCeil(burn, BigInt(aheadMs), BigInt(hourMs));
  if (monthlyUnits !== null && counted > monthlyUnits && spentUnits + ahead >= monthlyUnits) {
    return { stop: live.map(({ clusterId }) => clusterId), period: 'month', spentUnits };
  }
  const stop: Id<'clu'>[] = [];
  let rate = burn;
  for (const { clusterId, unitsPerHour } of live) {
    if (hourlyUnits === null || rate <= hourlyUnits) break;
    stop.push(clusterId);
    rate -= unitsPerHour;
  }
  return { stop, period: stop.length > 0 ? 'hour' : null, spentUnits };
};

const sum = (values: readonly bigint[]): bigint =>
  values.reduce((total, value) => total + value, 0n);

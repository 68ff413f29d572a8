/**
 * A commitment: what one cluster may spend, as budgets count it, from the order until its hold is closed.
 * Invariants: a month counts with the most that the cluster may cost in it, whenever it begins to run;
 * once the hold is closed what stays counted is what was posted, to the unit, and no month after the
 * first counts less of it than its time can have cost. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Id } from '../../core/ids.ts';
import { mulDivCeil } from '../../core/money.ts';
import { hourMs } from '../../core/time.ts';
import type { CredentialId } from '../../identity/principal.ts';
import { type Month, monthOf, monthStartMs, nextMonth } from '../../ledger/statement.ts';

/** Micro-dollars by calendar month (UTC). */
export type ByMonth = Readonly<Record<Month, bigint>>;

export interface Commitment {
  readonly clusterId: Id<'clu'>;
  readonly organisationId: Id<'org'>;
  /** The API key that ordered it. */
  readonly keyId: CredentialId;
  /** Micro-dollars per hour of all ordered lines. */
  readonly unitsPerHour: bigint;
  readonly months: ByMonth;
  readonly createdAtMs: number;
  /** When its paid time is over at the latest. */
  readonly untilMs: number;
}

/** A half-open interval of epoch milliseconds. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The months that a span touches, in order, each with its milliseconds in the span. */
export const monthsOf = ({ fromMs, toMs }: Span): readonly (readonly [Month, number])[] => {
  assert(toMs >= fromMs, 'a span that ends before it begins');
  const months: [Month, number][] = [];
  for (let month = monthOf(fromMs); ; month = nextMonth(month)) {
    const endMs = monthStartMs(nextMonth(month));
    months.push([month, Math.min(toMs, endMs) - Math.max(fromMs, monthStartMs(month))]);
    if (toMs <= endMs) return months;
  }
};

/** What an order commits: its lines for the ordered time, beginning at most `startMsMax` from now. */
export const newCommitment = (order: {
  readonly clusterId: Id<'clu'>;
  readonly organisationId: Id<'org'>;
  readonly keyId: CredentialId;
  readonly lines: readonly { readonly rateUnitsPerHour: bigint }[];
  readonly orderedMs: number;
  readonly startMsMax: number;
  readonly nowMs: number;
}): Commitment => {
  const { clusterId, organisationId, keyId, lines, orderedMs, nowMs } = order;
  const untilMs = nowMs + order.startMsMax + orderedMs;
  const months = monthsOf({ fromMs: nowMs, toMs: untilMs }).map(([month, ms]) => [
    month,
    unitsFor(lines, Math.min(ms, orderedMs)),
  ]);
  return {
    clusterId,
    organisationId,
    keyId,
    unitsPerHour: lines.reduce((sum, { rateUnitsPerHour }) => sum + rateUnitsPerHour, 0n),
    months: Object.fromEntries(months),
    createdAtMs: nowMs,
    untilMs,
  };
};

/** Each line's rate for that time, rounded up, as holds are. */
const unitsFor = (
  lines: readonly { readonly rateUnitsPerHour: bigint }[],
  milliseconds: number,
): bigint =>
  lines.reduce(
    (sum, line) => sum + mulDivCeil(line.rateUnitsPerHour, BigInt(milliseconds), BigInt(hourMs)),
    0n,
  );

/** What a cluster that ran has cost in the end, and when it did. */
export interface Spent {
  readonly postedUnits: bigint;
  readonly runningAtMs: number;
  /** End of the time that was charged: the fence, or the end of the one-hour minimum. */
  readonly endMs: number;
}

/**
 * What of the posted sum each month keeps: later months as much as their time can have cost, the first
 * month the rest. Past months decide nothing any more, later ones do.
 */
export const keptMonths = (unitsPerHour: bigint, spent: Spent): ByMonth => {
  const months = monthsOf({ fromMs: spent.runningAtMs, toMs: spent.endMs });
  const kept: Record<Month, bigint> = {};
  let rest = spent.postedUnits;
  for (const [index, [month, ms]] of [...months.entries()].reverse()) {
    const most = mulDivCeil(unitsPerHour, BigInt(ms), BigInt(hourMs));
    const units = index === 0 || rest < most ? rest : most;
    kept[month] = units;
    rest -= units;
  }
  return kept;
};

/** What closing the hold adds to each month that was counted; below zero where something returns. */
export const releasedMonths = (commitment: Commitment, spent: Spent | undefined): ByMonth => {
  const kept: ByMonth = spent ? keptMonths(commitment.unitsPerHour, spent) : {};
  const months = new Set([...Object.keys(commitment.months), ...Object.keys(kept)] as Month[]);
  return Object.fromEntries(
    [...months]
      .map((month) => [month, (kept[month] ?? 0n) - (commitment.months[month] ?? 0n)] as const)
      .filter(([, units]) => units !== 0n),
  );
};

/** The most that running from `fromMs` to `toMs` can have cost in a month. */
export const mostInMonth = (unitsPerHour: bigint, span: Span, month: Month): bigint => {
  const found = monthsOf(span).find(([each]) => each === month);
  return mulDivCeil(unitsPerHour, BigInt(found?.[1] ?? 0), BigInt(hourMs));
};

/**
 * How much may be paid out, to whom and how fast. Limits of a supplier refuse a request; limits of the whole
 * platform keep payouts waiting, and the breaker stops all of them until an operator has looked. Pure. All
 * amounts are micro-dollars unless told; rewards count as what they are worth.
 */
import { mulDivFloor } from '../../core/money.ts';
import { type IoPrice, ioOfMicros, ioWorth } from '../../ledger/io-price.ts';
import type { Lane, Payout } from './payout.ts';

const usd = 1_000_000n;

export const payoutLimits = {
  /** Less is not worth a transaction. */
  unitsMin: usd,
  /** Of one supplier in one UTC day. */
  supplierDayUnitsMax: 50_000n * usd,
  /** Payouts of one supplier that are neither paid nor failed. */
  openMax: 20n,
  /** Of all together in one UTC day; what is above waits for the next. */
  dayUnitsMax: 250_000n * usd,
  /** From here on a person decides, and the payout takes the lane of its own. */
  approvalFromUnits: 5_000n * usd,
  /** From here on the platform makes the wallet's token account and bears its rent. */
  accountFromUnits: 50n * usd,
  /** What an hour may pay out however quiet the hours before were. */
  hourUnitsMin: 25_000n * usd,
  /** Times what the busy hours of the week before paid out on average. */
  hourFactor: 4n,
} as const;

/** The lane of a payout of that size. */
export const laneOf = (usdUnits: bigint): Lane =>
  usdUnits >= payoutLimits.approvalFromUnits ? 'approved' : 'bulk';

/** Between what a payout must be. */
export interface PayoutRange {
  readonly unitsMin: bigint;
  readonly unitsMax: bigint;
}

/** Of earnings. */
export const earningsRange: PayoutRange = {
  unitsMin: payoutLimits.unitsMin,
  unitsMax: payoutLimits.supplierDayUnitsMax,
};

/** Of rewards at this price: base units of IO. */
export const rewardsRange = (price: IoPrice): PayoutRange => ({
  unitsMin: ioWorth(earningsRange.unitsMin, price),
  unitsMax: ioOfMicros(earningsRange.unitsMax, price),
});

/** What an hour has paid out; hours without payouts are left out. */
export interface PaidHour {
  /** Hours since the epoch. */
  readonly hour: number;
  readonly units: bigint;
}

export type BreakerDecision =
  | { readonly outcome: 'closed' }
  | { readonly outcome: 'open'; readonly hourUnits: bigint; readonly hourUnitsMax: bigint };

interface Hours {
  /** The hour that it is. */
  readonly hour: number;
  /** That hour and those of the week before it. */
  readonly past: readonly PaidHour[];
}

/** What this hour may pay out: some times the average of the busy hours before it, and never too little. */
export const hourUnitsMax = ({ hour, past }: Hours): bigint => {
  const busy = past.filter((one) => one.hour < hour);
  if (busy.length === 0) return payoutLimits.hourUnitsMin;
  const total = busy.reduce((sum, { units }) => sum + units, 0n);
  const grown = mulDivFloor(total, payoutLimits.hourFactor, BigInt(busy.length));
  return grown > payoutLimits.hourUnitsMin ? grown : payoutLimits.hourUnitsMin;
};

/** Whether a batch of so much may go out in this hour. */
export const decideBreaker = (order: Hours & { readonly units: bigint }): BreakerDecision => {
  const before = order.past.find(({ hour }) => hour === order.hour)?.units ?? 0n;
  const hourUnits = before + order.units;
  const most = hourUnitsMax(order);
  return hourUnits > most
    ? { outcome: 'open', hourUnits, hourUnitsMax: most }
    : { outcome: 'closed' };
};

/**
 * The payouts, in their order, that the hour still has room for; the others wait for the next. One that is more
 * than any hour may pay goes alone, when it is the first: it opens the breaker, and an operator looks at it.
 */
export const withinHour = <One extends Pick<Payout, 'usdUnits'>>(
  payouts: readonly One[],
  order: Hours,
): readonly One[] => {
  const most = hourUnitsMax(order);
  const [oldest] = payouts;
  if (oldest && oldest.usdUnits > most) return [oldest];
  const paid = order.past.find(({ hour }) => hour === order.hour)?.units ?? 0n;
  return fitting(payouts, most - paid);
};

/** The payouts, in their order, that the day still has room for; one that is too large keeps back those behind it. */
export const withinDay = <One extends Pick<Payout, 'usdUnits'>>(
  payouts: readonly One[],
  paidUnits: bigint,
): readonly One[] => fitting(payouts, payoutLimits.dayUnitsMax - paidUnits);

/**
 * All payouts of earnings, and those of rewards that `freeUnits` (base units of IO) cover: what others are owed, by
 * conversions or stakes, is none of it. Rewards may be credited before their IO is minted, so nobody waits behind those that wait for it.
 */
export const withinCustody = <One extends Pick<Payout, 'source' | 'tokenUnits'>>(
  payouts: readonly One[],
  freeUnits: bigint,
): readonly One[] => {
  const covered: One[] = [];
  let left = freeUnits;
  for (const payout of payouts) {
    const takes = payout.source === 'rewards' ? payout.tokenUnits : 0n;
    if (takes > left && takes > 0n) continue;
    left -= takes;
    covered.push(payout);
  }
  return covered;
};

const fitting = <One extends Pick<Payout, 'usdUnits'>>(
  payouts: readonly One[],
  room: bigint,
): readonly One[] => {
  let left = room;
  const index = payouts.findIndex(({ usdUnits }) => {
    left -= usdUnits;
    return left < 0n;
  });
  return index === -1 ? payouts : payouts.slice(0, index);
};

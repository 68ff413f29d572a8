/**
 * The hold of a cluster: credit reserved for it, which names no creditor. Every write of a hold is
 * conditioned on its version and on `open`, and raises the version, so no void, expiry or late settlement
 * can race. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Put, Update, Write } from '../core/database.ts';
import { mulDivCeil } from '../core/money.ts';
import { hourMs } from '../core/time.ts';
import { customerAccount } from './account.ts';
import { type Balance, paymentsAsRead } from './balance.ts';
import { debtAsRead, owedUnits, planDebtPayment } from './debt.ts';
import { type HeldCredit, moveHeld, openHeld } from './held-credit.ts';
import { classOf, type MaturityClass } from './maturity.ts';
import { writesOf } from './posting.ts';
import type { Transfer } from './transfer.ts';

/** Credit held for a cluster. */
export interface Hold extends HeldCredit {
  readonly clusterId: string;
  /** Number of the next settlement. */
  readonly n: number;
  readonly orderedMs: number;
  /** How long the suppliers' earnings wait, fixed by the payments before the hold. */
  readonly classDays: MaturityClass;
  /** Whether the payer had ever received a grant. */
  readonly granted: boolean;
  /** Milliseconds settled so far, per node. */
  readonly paidMs: Readonly<Record<string, number>>;
}

/** The one hold of a cluster. */
export const holdIdOf = (clusterId: string): string => `hold:${clusterId}`;

export interface TakeHoldInput {
  readonly holdId: string;
  readonly clusterId: string;
  readonly organisation: string;
  /** One per node that is ordered (and one for a priced head): micro-dollars per hour. */
  readonly lines: readonly { readonly rateUnitsPerHour: bigint }[];
  readonly orderedMs: number;
  /** `cust` and `debt` of the organisation as read. */
  readonly customer: Balance;
  readonly debt: Balance;
  readonly nowMs: number;
}

export type TakeHoldDecision =
  | {
      readonly outcome: 'held';
      readonly amount: bigint;
      readonly classDays: MaturityClass;
      readonly granted: boolean;
      readonly writes: Write[];
    }
  | {
      readonly outcome: 'payment_required';
      /** What a top-up must bring: it pays the debt first. */
      readonly shortfall: bigint;
      readonly needed: bigint;
      readonly available: bigint;
      readonly owed: bigint;
    };

/** The hold for these lines: each line's rate for the ordered time, rounded up. */
export const holdAmount = (
  lines: readonly { readonly rateUnitsPerHour: bigint }[],
  orderedMs: number,
): bigint =>
  lines.reduce(
    (sum, { rateUnitsPerHour }) =>
      sum + mulDivCeil(rateUnitsPerHour, BigInt(orderedMs), BigInt(hourMs)),
    0n,
  );

/**
 * Reserves credit for a cluster, or says what is missing. Conditions: no such hold yet, available as
 * needed, payments as read (they fix the class), no debt.
 */
export const planTakeHold = (input: TakeHoldInput): TakeHoldDecision => {
  const { holdId, clusterId, organisation, customer, debt, orderedMs, nowMs } = input;
  assert(holdId === holdIdOf(clusterId), 'a cluster has one hold, named after it');
  assert(customer.account === customerAccount(organisation), 'the balance of somebody else');
  assert(orderedMs >= hourMs, 'an order below one hour');
  const amount = holdAmount(input.lines, orderedMs);
  const owed = owedUnits(debt);
  const { available } = customer;
  if (owed > 0n || available < amount) {
    const shortfall = amount + owed - available;
    return { outcome: 'payment_required', shortfall, needed: amount, available, owed };
  }
  const hold: Hold = {
    id: holdId,
    account: customerAccount(organisation),
    organisation,
    clusterId,
    amount,
    left: amount,
    posted: 0n,
    released: 0n,
    n: 0,
    orderedMs,
    classDays: classOf(customer, nowMs),
    granted: customer.grantedAtMs !== undefined,
    paidMs: {},
    state: 'open',
    version: 1,
    openedAtMs: nowMs,
  };
  const writes = writesOf({
    transfers: [],
    held: [{ account: hold.account, units: amount }],
    touches: [{ account: hold.account, condition: paymentsAsRead(customer) }, debtAsRead(debt)],
    others: [openHold(hold)],
  });
  const { classDays, granted } = hold;
  return { outcome: 'held', amount, classDays, granted, writes };
};

/**
 * Gives back the hold of a cluster that never ran; what comes back pays the debt first. `runningAtMs` is
 * the cluster's own, read after the fence: a cluster that ran is settled, never voided (a BugError).
 */
export const planVoid = (input: {
  readonly hold: Hold;
  readonly runningAtMs: number | undefined;
  readonly debt: Balance;
  readonly nowMs: number;
}): { readonly transfers: readonly Transfer[]; readonly writes: Write[] } => {
  const { hold, debt, nowMs } = input;
  assert(input.runningAtMs === undefined, `a void for a cluster that ran: ${hold.id}`);
  assert(hold.state === 'open' && hold.n === 0, `a void of a settled hold: ${hold.id}`);
  const { organisation, id, left } = hold;
  const payment = planDebtPayment({ organisation, holdId: id, releasedUnits: left, debt, nowMs });
  const writes = writesOf({
    ...payment,
    held: [{ account: hold.account, units: -left }],
    others: [moveHold(hold, { ...hold, left: 0n, released: left, state: 'void' })],
  });
  return { transfers: payment.transfers, writes };
};

const openHold = (hold: Hold): Put =>
  openHeld(hold, {
    ordered_ms: hold.orderedMs,
    class_days: hold.classDays,
    granted: hold.granted,
    ...settled(hold),
  });

/** Moves an open hold from what was read to what it becomes; nobody may have moved it in between. */
export const moveHold = (asRead: Hold, next: Hold): Update => moveHeld(asRead, next, settled(next));

const settled = ({ n, paidMs }: Hold) => ({ n, paid_ms: paidMs });

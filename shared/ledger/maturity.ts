/**
 * When earnings become the supplier's to take. Invariant: the class of an earning follows from the
 * payer's payments posted before the hold was taken, never from later ones; credit that was given away
 * does not become cash through one's own device without an operator. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { dayMs, dayOf } from '../core/time.ts';
import { areLinked } from '../identity/link.ts';
import { type EarningDay, readAccount, supplierAccount } from './account.ts';
import type { Balance } from './balance.ts';
import { writesOf } from './posting.ts';
import { causeOf, type Transfer } from './transfer.ts';

/** Days that earnings wait after their posting. */
export type MaturityClass = 1 | 7 | 14 | 30;

const longestClass: MaturityClass = 30;
const grantedWithinMs = 30 * dayMs;
const cardWithinMs = 120 * dayMs;

/**
 * The class that the payer's last payments give to a hold taken now: the longest that any of them asks
 * for. One payment without liability shift is enough for 14 days, whatever came after it.
 */
export const classOf = (
  payments: Pick<Balance, 'grantedAtMs' | 'cardAtMs' | 'cardShiftAtMs'>,
  nowMs: number,
): MaturityClass => {
  const within = (atMs: number | undefined, periodMs: number): boolean =>
    atMs !== undefined && nowMs - atMs <= periodMs;
  if (within(payments.grantedAtMs, grantedWithinMs)) return 30;
  if (within(payments.cardAtMs, cardWithinMs)) return 14;
  return within(payments.cardShiftAtMs, cardWithinMs) ? 7 : 1;
};

/** The day on which something posted now matures: the first whole day after the class has passed. */
export const maturityDay = (postedAtMs: number, days: MaturityClass): number =>
  dayOf(postedAtMs + days * dayMs) + 1;

/**
 * The day account of a supplier's earning. A supplier linked to the payer waits longest, and for an
 * operator's review when the payer had ever been granted credit before the hold.
 */
export const earningDay = (earning: {
  readonly payer: string;
  readonly supplier: string;
  /** Organisations that are linked to the payer. */
  readonly linked: ReadonlySet<string>;
  readonly classDays: MaturityClass;
  readonly granted: boolean;
  readonly postedAtMs: number;
}): EarningDay => {
  const linked = areLinked(earning.payer, earning.supplier, earning.linked);
  if (linked && earning.granted) return 'review';
  return maturityDay(earning.postedAtMs, linked ? longestClass : earning.classDays);
};

/** Whether earnings of this day are due at `nowMs`. */
export const isMature = (day: EarningDay, nowMs: number): boolean =>
  day !== 'review' && day <= dayOf(nowMs);

/**
 * Proposes to move all earnings of one day account to the supplier, under the account's version; a leg
 * that arrives later is swept by a later run. Undefined when nothing is there or nothing is due.
 */
export const planMaturity = (
  earnings: Balance,
  nowMs: number,
): { readonly transfer: Transfer; readonly writes: Write[] } | undefined => {
  const { organisation, day } = readAccount(earnings.account);
  assert(organisation !== undefined && day !== undefined, `no earnings: ${earnings.account}`);
  const units = earnings.posted;
  if (units === 0n || !isMature(day, nowMs)) return undefined;
  const transfer: Transfer = {
    id: `mature:${organisation}:${day}:${earnings.version}`,
    cause: causeOf({ organisation, day, version: earnings.version }),
    asset: 'usd',
    code: 'maturity',
    legs: [
      { account: earnings.account, units: -units },
      { account: supplierAccount(organisation), units },
    ],
    atMs: nowMs,
  };
  const writes = writesOf({
    transfers: [transfer],
    touches: [
      {
        account: earnings.account,
        condition: { equals: { v: earnings.version } },
        remove: ['maturity_pk', 'maturity_sk'],
      },
    ],
  });
  return { transfer, writes };
};

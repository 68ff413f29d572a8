/**
 * What the ledger knows of one card payment: how much of it may still go back to the card. Invariant:
 * refundable = amount - our refunds - foreign refunds, never below 0, and 0 for ever once disputed.
 * It follows from sums alone, so the facts of a payment may arrive in any order. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { paymentKey } from './keys.ts';

/** Amounts in micro-dollars. */
export interface CardPayment {
  /** The provider's id of the payment. */
  readonly paymentId: string;
  readonly organisation: string;
  /** The credit that it bought, without the provider's fee; 0 until the top-up is posted. */
  readonly amount: bigint;
  /** Refunds that we started: held or posted, and not failed later. */
  readonly refunded: bigint;
  /** Refunds that somebody else started, and that did not fail later. */
  readonly refundedByOthers: bigint;
  /** Whether money was ever withdrawn for a dispute; never taken back, also when it is won. */
  readonly disputed: boolean;
  /** What may still be refunded; stored beside what it follows from, as `available` is on balances. */
  readonly refundable: bigint;
  /** Counts the writes; 0 when there was none. */
  readonly version: number;
}

type Sums = Pick<CardPayment, 'amount' | 'refunded' | 'refundedByOthers' | 'disputed'>;

/** A payment that the ledger has not heard of. */
export const unknownPayment = (paymentId: string, organisation: string): CardPayment => ({
  paymentId,
  organisation,
  amount: 0n,
  refunded: 0n,
  refundedByOthers: 0n,
  disputed: false,
  refundable: 0n,
  version: 0,
});

/** What may still go back to the card. */
export const refundableUnits = (sums: Sums): bigint => {
  const left = sums.amount - sums.refunded - sums.refundedByOthers;
  return sums.disputed || left < 0n ? 0n : left;
};

/** Holds a payment to its invariant; a BugError names it. */
export const assertPayment = (payment: CardPayment): void => {
  const { paymentId, amount, refunded, refundedByOthers, refundable } = payment;
  assert(amount >= 0n && refunded >= 0n && refundedByOthers >= 0n, `below zero on ${paymentId}`);
  assert(refunded <= amount, `more than the amount of ${paymentId} is being refunded`);
  assert(refundable === refundableUnits(payment), `refundable of ${paymentId} is something else`);
};

/** Writes what the payment becomes, under the condition that it is as it was read. */
export const movePayment = (asRead: CardPayment, change: Partial<Sums>): Write => {
  const sums = { ...asRead, ...change };
  const next: CardPayment = {
    ...sums,
    refundable: refundableUnits(sums),
    version: asRead.version + 1,
  };
  assertPayment(next);
  return {
    kind: 'put',
    table: 'ledger',
    key: paymentKey(next.paymentId),
    attributes: {
      organisation: next.organisation,
      amount: next.amount,
      refunded: next.refunded,
      refunded_by_others: next.refundedByOthers,
      disputed: next.disputed,
      refundable: next.refundable,
      v: next.version,
    },
    condition: asRead.version === 0 ? { exists: false } : { equals: { v: asRead.version } },
  };
};

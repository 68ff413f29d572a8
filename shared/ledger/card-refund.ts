/**
 * Refunds to the card that we start. The credit is held first, then the provider is asked under the
 * refund's own id, then the hold is posted, or voided when the provider refused. Invariants: what is held
 * was available and refundable, so no refund takes spent or held credit; what comes back, from a void or
 * a failure, pays the debt first. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { customerAccount } from './account.ts';
import type { Balance } from './balance.ts';
import { type CardPayment, movePayment } from './card-payment.ts';
import { creditLegs, debtAsRead, owedUnits, planDebtPayment } from './debt.ts';
import { type HeldCredit, moveHeld, openHeld } from './held-credit.ts';
import { writesOf } from './posting.ts';
import { causeOf, mergeLegs, type Transfer } from './transfer.ts';

/** Credit held for one refund; posted whole or released whole. */
export interface RefundHold extends HeldCredit {
  /** Our own id of the refund; also the provider's idempotency key. */
  readonly refundId: string;
  /** The provider's id of the payment that goes back. */
  readonly paymentId: string;
}

/** A refund that somebody asks for. */
export interface RefundRequest {
  readonly refundId: string;
  readonly paymentId: string;
  readonly organisation: string;
  /** Micro-dollars above 0. */
  readonly units: bigint;
}

export type RefundRefusal =
  /** No top-up of the organisation is posted under this payment. */
  | { readonly outcome: 'payment_unknown' }
  /** A dispute came first: the card's bank has, or had, the money. */
  | { readonly outcome: 'payment_disputed' }
  /** More than is left of the payment. */
  | { readonly outcome: 'not_refundable'; readonly refundable: bigint }
  | { readonly outcome: 'debt'; readonly owed: bigint }
  /** The credit is spent, or held for clusters. */
  | { readonly outcome: 'credit_spent'; readonly available: bigint };

export type RefundHoldDecision =
  | { readonly outcome: 'held'; readonly hold: RefundHold; readonly writes: Write[] }
  | RefundRefusal;

interface Plan {
  readonly transfer: Transfer;
  readonly writes: Write[];
}

/** The id of a refund's transfer and of its hold. */
export const refundTransferId = (refundId: string): string => `refund:${refundId}`;
export const refundFailureId = (refundId: string): string => `refund:${refundId}:failed`;

/**
 * Holds the credit of a refund, or says why not. Conditions: no such hold yet, available as needed, no
 * debt, the payment as read.
 */
export const planRefundHold = (
  input: RefundRequest & {
    readonly nowMs: number;
    /** `cust` and `debt` of the organisation as read. */
    readonly customer: Balance;
    readonly debt: Balance;
    /** Undefined when the ledger has not heard of it. */
    readonly payment: CardPayment | undefined;
  },
): RefundHoldDecision => {
  const { refundId, paymentId, organisation, units, customer, debt, payment, nowMs } = input;
  assert(units > 0n, `${refundId} is a refund of nothing`);
  assert(customer.account === customerAccount(organisation), 'the balance of somebody else');
  const refusal = refusalOf({ organisation, units, customer, debt, payment });
  if (refusal) return refusal;
  assert(payment?.paymentId === paymentId, `${refundId} refunds another payment`);
  const hold: RefundHold = {
    id: refundTransferId(refundId),
    refundId,
    paymentId,
    account: customerAccount(organisation),
    organisation,
    amount: units,
    left: units,
    posted: 0n,
    released: 0n,
    state: 'open',
    version: 1,
    openedAtMs: nowMs,
  };
  const writes = writesOf({
    transfers: [],
    held: [{ account: hold.account, units }],
    touches: [debtAsRead(debt)],
    others: [
      openHeld(hold, { payment_id: hold.paymentId }),
      movePayment(payment, { refunded: payment.refunded + units }),
    ],
  });
  return { outcome: 'held', hold, writes };
};

const refusalOf = (input: {
  readonly organisation: string;
  readonly units: bigint;
  readonly customer: Balance;
  readonly debt: Balance;
  readonly payment: CardPayment | undefined;
}): RefundRefusal | undefined => {
  const { organisation, units, customer, debt, payment } = input;
  if (payment?.organisation !== organisation || payment.amount === 0n) {
    return { outcome: 'payment_unknown' };
  }
  if (payment.disputed) return { outcome: 'payment_disputed' };
  const { refundable } = payment;
  if (refundable < units) return { outcome: 'not_refundable', refundable };
  const owed = owedUnits(debt);
  if (owed > 0n) return { outcome: 'debt', owed };
  const { available } = customer;
  return available < units ? { outcome: 'credit_spent', available } : undefined;
};

/**
 * Posts a refund that the provider accepted, from its hold. Told again, the writes are refused by the
 * transfer that is there. A hold that was given back is an alarm: the money left without it.
 */
export const planRefund = (input: {
  readonly hold: RefundHold;
  /** The provider's id of the refund. */
  readonly providerRefundId: string;
  readonly nowMs: number;
}): Plan => {
  const { hold, providerRefundId, nowMs } = input;
  const { refundId, paymentId, organisation, account, amount } = hold;
  assert(hold.state !== 'void', `${hold.id} was paid out after its credit was given back`);
  const transfer: Transfer = {
    id: refundTransferId(refundId),
    cause: causeOf({ organisation, payment: paymentId, units: amount, refund: providerRefundId }),
    asset: 'usd',
    code: 'card_refund',
    legs: [
      { account, units: -amount },
      { account: 'ext:stripe', units: amount },
    ],
    external: providerRefundId,
    atMs: nowMs,
    card: { paymentId },
  };
  const writes = writesOf({
    transfers: [transfer],
    held: [{ account, units: -amount }],
    others: [moveHeld(hold, { ...hold, left: 0n, posted: amount, state: 'closed' })],
  });
  return { transfer, writes };
};

/**
 * Gives back the credit of a refund that the provider refused for good. What returns pays the debt first;
 * it becomes refundable again unless the payment is disputed. A posted refund is an alarm.
 */
export const planRefundVoid = (input: {
  readonly hold: RefundHold;
  readonly payment: CardPayment;
  readonly debt: Balance;
  readonly nowMs: number;
}): { readonly transfers: readonly Transfer[]; readonly writes: Write[] } => {
  const { hold, payment, debt, nowMs } = input;
  assert(hold.state === 'open', `${hold.id} is ${hold.state} and cannot be given back`);
  assert(hold.paymentId === payment.paymentId, `${hold.id} is of another payment`);
  const { organisation, id: holdId, left } = hold;
  const release = planDebtPayment({ organisation, holdId, releasedUnits: left, debt, nowMs });
  const writes = writesOf({
    ...release,
    held: [{ account: hold.account, units: -left }],
    others: [
      moveHeld(hold, { ...hold, left: 0n, released: left, state: 'void' }),
      movePayment(payment, { refunded: payment.refunded - left }),
    ],
  });
  return { transfers: release.transfers, writes };
};

/** Takes back a posted refund that failed on its way: the credit returns, debt first. */
export const planRefundFailure = (input: {
  readonly hold: RefundHold;
  readonly payment: CardPayment;
  readonly debt: Balance;
  readonly nowMs: number;
}): Plan => {
  const { hold, payment, debt, nowMs } = input;
  const { refundId, paymentId, organisation, amount } = hold;
  assert(hold.state === 'closed', `${hold.id} failed before it was posted`);
  assert(paymentId === payment.paymentId, `${hold.id} is of another payment`);
  const transfer: Transfer = {
    id: refundFailureId(refundId),
    cause: causeOf({ organisation, payment: paymentId, units: amount }),
    asset: 'usd',
    code: 'card_refund_failed',
    legs: mergeLegs([
      { account: 'ext:stripe', units: -amount },
      ...creditLegs(organisation, amount, debt),
    ]),
    atMs: nowMs,
    card: { paymentId },
  };
  const writes = writesOf({
    transfers: [transfer],
    touches: [debtAsRead(debt)],
    others: [movePayment(payment, { refunded: payment.refunded - amount })],
  });
  return { transfer, writes };
};

/**
 * Card money that goes back without our asking: disputes, and refunds that somebody else started at the
 * provider. Neither can be refused, so what is available goes and what is missing is owed; open holds stay
 * for proven work. They may arrive before the payment's own top-up. What comes back, from a won dispute
 * or a refund that failed, is a new credit that pays the debt first, never an exact reversal. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { customerAccount } from './account.ts';
import { availableAsRead, type Balance } from './balance.ts';
import { type CardPayment, movePayment } from './card-payment.ts';
import { chargeLegs, creditLegs, debtAsRead } from './debt.ts';
import { writesOf } from './posting.ts';
import { causeOf, type Leg, mergeLegs, type Transfer, type TransferCode } from './transfer.ts';

/** What the provider took back, or gave back again, of one payment. */
interface ReversalFact {
  /** The provider's id of the payment. */
  readonly paymentId: string;
  readonly organisation: string;
  /** Micro-dollars above 0; may exceed the credit bought by the provider's fee. */
  readonly units: bigint;
}

/** A dispute whose money was withdrawn. */
export interface DisputeFact extends ReversalFact {
  readonly disputeId: string;
}

/** A refund whose metadata names none of ours. */
export interface ForeignRefundFact extends ReversalFact {
  readonly providerRefundId: string;
}

interface Charge {
  readonly nowMs: number;
  /** `cust` of the organisation, and the payment, as read. */
  readonly customer: Balance;
  readonly payment: CardPayment;
}

interface Plan {
  readonly transfer: Transfer;
  readonly writes: Write[];
}

export const disputeOpenedId = (disputeId: string): string => `stripe:dp:${disputeId}:open`;
export const disputeWonId = (disputeId: string): string => `stripe:dp:${disputeId}:won`;
export const foreignRefundId = (providerRefundId: string): string =>
  `stripe:re:${providerRefundId}`;
export const foreignRefundFailureId = (providerRefundId: string): string =>
  `stripe:re:${providerRefundId}:failed`;

/** Proposes the withdrawal of a dispute. Conditions: available and the payment as read. */
export const planDisputeOpened = (input: DisputeFact & Charge): Plan =>
  charge(
    input,
    { id: disputeOpenedId(input.disputeId), code: 'dispute', external: input.disputeId },
    movePayment(input.payment, { disputed: true }),
  );

/** Proposes a foreign refund. Conditions: available and the payment as read. */
export const planForeignRefund = (input: ForeignRefundFact & Charge): Plan => {
  const { providerRefundId, payment, units } = input;
  return charge(
    input,
    { id: foreignRefundId(providerRefundId), code: 'foreign_refund', external: providerRefundId },
    movePayment(payment, { refundedByOthers: payment.refundedByOthers + units }),
  );
};

/** Proposes the credit of a won dispute. Condition: the debt as read. */
export const planDisputeWon = (
  input: DisputeFact & { readonly nowMs: number; readonly debt: Balance },
): Plan => {
  const { organisation, units, debt } = input;
  const id = disputeWonId(input.disputeId);
  const legs = creditLegs(organisation, units, debt);
  const transfer = transferOf(input, { id, code: 'dispute_won' }, [
    { account: 'ext:stripe', units: -units },
    ...legs,
  ]);
  return { transfer, writes: writesOf({ transfers: [transfer], touches: [debtAsRead(debt)] }) };
};

/** Proposes the credit of a foreign refund that failed later. Conditions: debt and payment as read. */
export const planForeignRefundFailure = (
  input: ForeignRefundFact & {
    readonly nowMs: number;
    readonly debt: Balance;
    readonly payment: CardPayment;
  },
): Plan => {
  const { organisation, units, debt, payment } = input;
  const id = foreignRefundFailureId(input.providerRefundId);
  const transfer = transferOf(input, { id, code: 'foreign_refund_failed' }, [
    { account: 'ext:stripe', units: -units },
    ...creditLegs(organisation, units, debt),
  ]);
  const writes = writesOf({
    transfers: [transfer],
    touches: [debtAsRead(debt)],
    others: [movePayment(payment, { refundedByOthers: payment.refundedByOthers - units })],
  });
  return { transfer, writes };
};

interface Name {
  readonly id: string;
  readonly code: TransferCode;
  readonly external?: string;
}

const transferOf = (
  fact: ReversalFact & { readonly nowMs: number },
  name: Name,
  legs: readonly Leg[],
): Transfer => {
  const { paymentId, organisation, units, nowMs } = fact;
  assert(units > 0n, `${name.id} is of nothing`);
  return {
    ...name,
    cause: causeOf({ organisation, payment: paymentId, units }),
    asset: 'usd',
    legs: mergeLegs(legs),
    atMs: nowMs,
    card: { paymentId },
  };
};

const charge = (input: ReversalFact & Charge, name: Name, move: Write): Plan => {
  const { organisation, units, customer, payment, paymentId } = input;
  assert(payment.paymentId === paymentId, `${name.id} is of another payment`);
  assert(payment.organisation === organisation, `${paymentId} is of another organisation`);
  const transfer = transferOf(input, name, [
    ...chargeLegs(organisation, units, customer),
    { account: 'ext:stripe', units },
  ]);
  const writes = writesOf({
    transfers: [transfer],
    touches: [{ account: customerAccount(organisation), condition: availableAsRead(customer) }],
    others: [move],
  });
  return { transfer, writes };
};

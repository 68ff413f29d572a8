/**
 * Credit that was paid by card. It pays the debt first; the provider's fee is a line of its own beside
 * the credit, never taken from it. Marks the customer as a payer by card, for the class of later holds.
 * One payment is credited once: its transfer is named after it. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { customerAccount } from './account.ts';
import { type Balance, paymentsAsRead } from './balance.ts';
import { type CardPayment, movePayment } from './card-payment.ts';
import { creditLegs, debtAsRead } from './debt.ts';
import { type IoPrice, ioBehind } from './io-price.ts';
import { writesOf } from './posting.ts';
import { causeOf, mergeLegs, type Transfer } from './transfer.ts';

/** A payment that the provider says has succeeded. */
export interface TopUpFact {
  /** The provider's id of the payment. */
  readonly paymentId: string;
  readonly organisation: string;
  /** The credit bought: micro-dollars above 0. */
  readonly units: bigint;
  /** Paid on top for the provider; micro-dollars, 0 or more. */
  readonly feeUnits: bigint;
  /** Whether the card's issuer bears its fraud (3-D Secure). */
  readonly liabilityShifted: boolean;
  /** What IO is worth now, where that is known: how much of it stands behind the payment. */
  readonly ioPrice?: IoPrice | undefined;
}

export interface TopUpInput extends TopUpFact {
  readonly nowMs: number;
  /** `cust` and `debt` of the organisation, and the payment, as read. */
  readonly customer: Balance;
  readonly debt: Balance;
  readonly payment: CardPayment;
}

/** The id of a payment's credit. */
export const topUpId = (paymentId: string): string => `stripe:pi:${paymentId}`;

/** Proposes the top-up. Conditions: debt, the customer's payments and the card payment as read. */
export const planTopUp = (
  input: TopUpInput,
): { readonly transfer: Transfer; readonly writes: Write[] } => {
  const { paymentId, organisation, units, feeUnits, liabilityShifted, nowMs } = input;
  const { customer, debt, payment } = input;
  assert(units > 0n && feeUnits >= 0n, `${paymentId} is a top-up of nothing`);
  assert(payment.organisation === organisation, `${paymentId} is of another organisation`);
  const transfer: Transfer = {
    id: topUpId(paymentId),
    cause: causeOf({ organisation, units, fee: feeUnits }),
    asset: 'usd',
    code: 'top_up',
    legs: mergeLegs([
      { account: 'ext:stripe', units: -(units + feeUnits) },
      ...creditLegs(organisation, units, debt),
      { account: 'rev:provider_fee', units: feeUnits },
    ]),
    external: paymentId,
    atMs: nowMs,
    card: { paymentId, liabilityShifted },
    ...ioBehind(units, input.ioPrice),
  };
  const writes = writesOf({
    transfers: [transfer],
    touches: [
      {
        account: customerAccount(organisation),
        condition: paymentsAsRead(customer),
        set: stampOf(input),
      },
      debtAsRead(debt),
    ],
    others: [movePayment(payment, { amount: units })],
  });
  return { transfer, writes };
};

/** Never back in time, whatever the clocks of two functions say: an older stamp could end a class early. */
const stampOf = ({ customer, liabilityShifted, nowMs }: TopUpInput) =>
  liabilityShifted
    ? { card_shift_at_ms: Math.max(nowMs, customer.cardShiftAtMs ?? 0) }
    : { card_at_ms: Math.max(nowMs, customer.cardAtMs ?? 0) };

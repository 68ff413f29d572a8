/** The platform's forms of Stripe's objects. Pure; it knows their types and calls nothing. */
import type Stripe from 'stripe';
import { assert } from '../core/assert.ts';
import type {
  BalanceTransaction,
  CardCharge,
  CardDispute,
  CardRefund,
  DisputeStatus,
  ProviderPayment,
  ProviderPaymentStatus,
  SavedCard,
} from '../core/provider-payment.ts';
import { secondMs } from '../core/time.ts';
import type { AccountMovement, HostedPage, ProviderEvent } from './stripe-port.ts';

/** Statuses of the API that end a dispute, or say that there is none yet. */
const disputeStatuses: Readonly<Record<string, DisputeStatus>> = {
  warning_needs_response: 'warning',
  warning_under_review: 'warning',
  warning_closed: 'warning',
  prevented: 'warning',
  won: 'won',
  lost: 'lost',
};

const paymentStatuses: ReadonlySet<string> = new Set<ProviderPaymentStatus>([
  'succeeded',
  'processing',
  'requires_action',
  'requires_payment_method',
  'canceled',
]);

/** The id behind a reference, expanded or not. */
export const idOf = (
  reference: string | { readonly id: string } | null | undefined,
): string | null => (typeof reference === 'string' ? reference : (reference?.id ?? null));

/** Throws a BugError for a session that has no page. */
export const hostedPage = (session: {
  readonly id: string;
  readonly url: string | null;
}): HostedPage => {
  assert(session.url !== null, `${session.id} has no page`);
  return { id: session.id, url: session.url };
};

const transactionOf = ({ id, fee }: Stripe.BalanceTransaction): BalanceTransaction => ({
  id,
  feeCents: BigInt(fee),
});

/** A payment with its refunds and disputes; a charge that was not fetched with it is none. */
export const paymentOf = (
  intent: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[],
  disputes: readonly Stripe.Dispute[],
): ProviderPayment => {
  const charge = typeof intent.latest_charge === 'string' ? null : intent.latest_charge;
  const failed = intent.last_payment_error;
  return {
    id: intent.id,
    liveMode: intent.livemode,
    status: paymentStatuses.has(intent.status) ? (intent.status as ProviderPaymentStatus) : 'other',
    currency: intent.currency,
    receivedCents: BigInt(intent.amount_received),
    topUpId: intent.metadata['top_up_id'] ?? null,
    charge: charge && chargeOf(charge),
    refunds: refunds.map(refundOf),
    disputes: disputes.map(disputeOf),
    failure: failed && {
      code: failed.code ?? failed.type,
      declineCode: failed.decline_code ?? null,
      message: failed.message ?? '',
    },
    actionUrl: intent.next_action?.redirect_to_url?.url ?? null,
  };
};

const chargeOf = (charge: Stripe.Charge): CardCharge => {
  const transaction = charge.balance_transaction;
  const card = charge.payment_method_details?.card;
  return {
    id: charge.id,
    capturedCents: BigInt(charge.amount_captured),
    liabilityShifted: card?.three_d_secure?.result === 'authenticated',
    cardFingerprint: card?.fingerprint ?? null,
    transaction:
      transaction === null || typeof transaction === 'string' ? null : transactionOf(transaction),
    receiptUrl: charge.receipt_url,
  };
};

const refundOf = (refund: Stripe.Refund): CardRefund => ({
  id: refund.id,
  refundId: refund.metadata?.['refund_id'] ?? null,
  amountCents: BigInt(refund.amount),
  status: (refund.status ?? 'pending') as CardRefund['status'],
});

const disputeOf = (dispute: Stripe.Dispute): CardDispute => ({
  id: dispute.id,
  status: disputeStatuses[dispute.status] ?? 'open',
  transactions: dispute.balance_transactions
    .toSorted((one, other) => one.created - other.created)
    .map((transaction) => ({
      ...transactionOf(transaction),
      amountCents: BigInt(transaction.amount),
    })),
});

export const savedCardOf = (method: Stripe.PaymentMethod): SavedCard => ({
  id: method.id,
  brand: method.card?.brand ?? 'unknown',
  last4: method.card?.last4 ?? '',
  expiryMonth: method.card?.exp_month ?? 0,
  expiryYear: method.card?.exp_year ?? 0,
  createdAtMs: method.created * secondMs,
});

/** The event as it was sent, or would have been. */
export const eventOf = (event: Stripe.Event): ProviderEvent => ({
  id: event.id,
  payload: JSON.stringify(event),
});

export const movementOf = (movement: Stripe.BalanceTransaction): AccountMovement => ({
  ...transactionOf(movement),
  type: movement.type,
  source: idOf(movement.source),
  amountCents: BigInt(movement.amount),
  createdAtMs: movement.created * secondMs,
});

/**
 * A top-up: credit that a customer buys by card. Invariants: what it credits and what it costs are fixed
 * when it is made, by the platform alone; it belongs to one payment of the provider's for ever; it is credited
 * at most once, and `succeeded` says that it was. Pure.
 */

import { assert } from '../../core/assert.ts';
import type { Id } from '../../core/ids.ts';
import { centsOfMicros } from '../../core/money.ts';
import type { CardFailure, ProviderPayment } from '../../core/provider-payment.ts';
import { cardFeeUnits } from './card-fee.ts';

/** Least and most credit of one top-up, in micro-dollars. */
export const topUpUnitsMin = 500_000n;
export const topUpUnitsMax = 10_000_000_000n;

/**
 * `pending` waits for the customer or the provider, `action_required` for the customer to confirm with the
 * card's issuer (at `url`, or where a confirmation leads that they ask for); the rest are final, except that a payment which comes after all still succeeds.
 */
export const topUpStatuses = [
  'pending',
  'action_required',
  'succeeded',
  'failed',
  'expired',
] as const;

export type TopUpStatus = (typeof topUpStatuses)[number];

/** Who is there to pay: the customer on the provider's page, or with a saved card, or nobody. */
export const topUpSources = ['checkout', 'saved_card', 'automatic'] as const;

export type TopUpSource = (typeof topUpSources)[number];

/** Amounts in micro-dollars. */
export interface TopUp {
  readonly id: Id<'top'>;
  readonly organisation: string;
  readonly source: TopUpSource;
  readonly status: TopUpStatus;
  /** The credit. */
  readonly units: bigint;
  /** The provider's fee, on top. */
  readonly feeUnits: bigint;
  /** The provider's page, `cs_...`; null with a saved card and until it is made. */
  readonly checkoutId: string | null;
  /** Where the customer pays or confirms. */
  readonly url: string | null;
  /** The saved card that an automatic one is paid with, `pm_...`; null for every other one. */
  readonly cardId: string | null;
  /** `pi_...`; null until somebody tries to pay. */
  readonly paymentId: string | null;
  readonly failure: CardFailure | null;
  readonly receiptUrl: string | null;
  readonly createdAtMs: number;
  /** When the page closes; null with a saved card. */
  readonly expiresAtMs: number | null;
  /** When it was credited. */
  readonly succeededAtMs: number | null;
  /** Grows by one with each change. */
  readonly version: number;
}

export interface TopUpInput {
  readonly id: Id<'top'>;
  readonly organisation: string;
  readonly source: TopUpSource;
  readonly units: bigint;
  readonly nowMs: number;
  readonly expiresAtMs: number | null;
  readonly cardId?: string;
}

/** A top-up that nobody has paid yet. */
export const newTopUp = (input: TopUpInput): TopUp => {
  const { id, organisation, source, units, nowMs, expiresAtMs, cardId = null } = input;
  assert(units >= topUpUnitsMin && units <= topUpUnitsMax, `a top-up of ${units}`);
  return {
    id,
    organisation,
    source,
    status: 'pending',
    units,
    feeUnits: cardFeeUnits(units),
    checkoutId: null,
    url: null,
    cardId,
    paymentId: null,
    failure: null,
    receiptUrl: null,
    createdAtMs: nowMs,
    expiresAtMs,
    succeededAtMs: null,
    version: 1,
  };
};

/** What the card pays, in US cents. */
export const payableCents = ({ units, feeUnits }: Pick<TopUp, 'units' | 'feeUnits'>): bigint =>
  centsOfMicros(units) + centsOfMicros(feeUnits);

/** The top-up with these changes, one version on. */
export const changedTopUp = (topUp: TopUp, changes: Partial<TopUp>): TopUp => ({
  ...topUp,
  ...changes,
  version: topUp.version + 1,
});

/**
 * Whether this payment may be credited to this top-up. False while nothing was received. A BugError where
 * something was and does not fit: another amount, another currency, a second payment.
 */
export const isPaidBy = (topUp: TopUp, payment: ProviderPayment): boolean => {
  const { id, paymentId } = topUp;
  assert(payment.topUpId === id, `${payment.id} is not for ${id}`);
  if (payment.status !== 'succeeded') return false;
  assert(paymentId === null || paymentId === payment.id, `${id} was paid twice: ${payment.id}`);
  assert(payment.currency === 'usd', `${payment.id} is in ${payment.currency}`);
  const cents = payableCents(topUp);
  assert(payment.receivedCents === cents, `${payment.id} is of other cents than ${cents}`);
  return true;
};

/**
 * The top-up as its payment says, once the ledger has what the payment says; the same object when there is
 * nothing new.
 */
export const topUpAfter = (topUp: TopUp, payment: ProviderPayment, nowMs: number): TopUp => {
  if (topUp.status === 'succeeded') return topUp;
  const status = statusAfter(topUp, payment);
  const changes: Partial<TopUp> = {
    status,
    paymentId: payment.id,
    failure: status === 'succeeded' ? null : payment.failure,
    url: urlAfter(topUp, status, payment),
    ...(status === 'succeeded'
      ? { succeededAtMs: nowMs, receiptUrl: payment.charge?.receiptUrl ?? null }
      : {}),
  };
  return isSame(topUp, changes) ? topUp : changedTopUp(topUp, changes);
};

/** The bank's page while there is something to confirm, the provider's while there is something to pay. */
const urlAfter = (
  { source, url }: TopUp,
  status: TopUpStatus,
  { actionUrl }: ProviderPayment,
): string | null => {
  if (status === 'action_required') return actionUrl;
  return status === 'pending' && source === 'checkout' ? url : null;
};

const isSame = (topUp: TopUp, changes: Partial<TopUp>): boolean =>
  JSON.stringify(Object.values(changes)) ===
  JSON.stringify(Object.keys(changes).map((name) => topUp[name as keyof TopUp]));

const statusAfter = ({ source, status }: TopUp, payment: ProviderPayment): TopUpStatus => {
  switch (payment.status) {
    case 'succeeded':
      return 'succeeded';
    case 'requires_action':
      // On the provider's page the customer confirms there; nobody is there when it is automatic.
      return source === 'checkout' ? 'pending' : 'action_required';
    case 'requires_payment_method':
      // On the page the customer may try another card.
      if (source === 'checkout') return status;
      return needsAction(payment) ? 'action_required' : 'failed';
    case 'canceled':
      return status === 'expired' ? 'expired' : 'failed';
    default:
      return 'pending';
  }
};

/** Whether the issuer wants to see the customer, who was not there. */
const needsAction = ({ failure }: ProviderPayment): boolean =>
  failure?.code === 'authentication_required' || failure?.declineCode === 'authentication_required';

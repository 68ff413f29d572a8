/**
 * Money goes back to a card: never more than what is left of the charge, and not while the charge is
 * disputed. A refund may fail days later; its amount then comes back and may be refunded again.
 */

import { moveBalance } from './balance.ts';
import { holdsFunds } from './disputes.ts';
import type { Charge, Refund } from './objects.ts';
import { invalid } from './refusal.ts';
import { cardBehind } from './saved-cards.ts';
import type { World } from './world.ts';

export interface RefundOrder {
  readonly charge: Charge;
  /** Cents; what is left of the charge unless told. */
  readonly amount: number | undefined;
  readonly reason: Refund['reason'];
  readonly metadata: Readonly<Record<string, string>>;
}

const dollars = (cents: number): string => `$${(cents / 100).toFixed(2)}`;

const requireRefundable = (world: World, charge: Charge, amount: number): void => {
  const disputed = [...world.state.disputes.values()].some(
    (dispute) => dispute.charge === charge.id && holdsFunds(dispute),
  );
  if (disputed) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  if (charge.refunded) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  const left = charge.amount_captured - charge.amount_refunded;
  if (amount > left) {
    throw invalid(
      `Refund amount (${dollars(amount)}) is greater than unrefunded amount on charge (${dollars(left)})`,
      { param: 'amount' },
    );
  }
  if (amount < 1) throw invalid('Invalid positive integer', { param: 'amount' });
};

const setRefunded = (charge: Charge, amount: number): void => {
  charge.amount_refunded = amount;
  charge.refunded = amount === charge.amount_captured;
};

const announce = (world: World, refund: Refund): void => {
  world.emit('refund.updated', refund);
  world.emit('charge.refund.updated', refund);
};

/** Refunds a charge. Throws the refusals above. */
export const refundCharge = (world: World, order: RefundOrder): Refund => {
  const { charge, reason, metadata } = order;
  const amount = order.amount ?? charge.amount_captured - charge.amount_refunded;
  requireRefundable(world, charge, amount);
  const { refund: kind } = cardBehind(world, charge.payment_method ?? '');
  const id = world.newId('re_');
  const moved = moveBalance(world, {
    ...{ type: 'refund', category: 'refund', amount: -amount, fee: 0 },
    ...{ currency: charge.currency, source: id, description: charge.description },
  });
  const refund: Refund = {
    id,
    object: 'refund',
    amount,
    balance_transaction: moved.id,
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: { type: 'card', card: { type: 'refund' } },
    metadata: { ...metadata },
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: kind === 'pending' ? 'pending' : 'succeeded',
    transfer_reversal: null,
  };
  world.state.refunds.set(id, refund);
  setRefunded(charge, charge.amount_refunded + amount);
  world.emit('refund.created', refund);
  world.emit('charge.refunded', charge);
  if (kind === 'pending') completeRefund(world, refund);
  if (kind === 'fails') failRefund(world, refund, 'expired_or_canceled_card');
  return refund;
};

/** A pending refund reaches the card. */
export const completeRefund = (world: World, refund: Refund): Refund => {
  refund.status = 'succeeded';
  announce(world, refund);
  return refund;
};

/** A refund comes back, as when the card no longer exists. Refuses one that failed already. */
export const failRefund = (world: World, refund: Refund, why: string): Refund => {
  const charge = world.state.charges.get(refund.charge ?? '');
  if (charge === undefined || refund.status === 'failed') {
    throw invalid(`${refund.id} cannot fail any more.`);
  }
  const moved = moveBalance(world, {
    ...{ type: 'refund_failure', category: 'refund_failure', amount: refund.amount, fee: 0 },
    ...{ currency: refund.currency, source: refund.id, description: charge.description },
  });
  refund.status = 'failed';
  refund.failure_reason = why;
  refund.failure_balance_transaction = moved.id;
  setRefunded(charge, charge.amount_refunded - refund.amount);
  announce(world, refund);
  world.emit('refund.failed', refund);
  return refund;
};

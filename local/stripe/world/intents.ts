/** Payment intents as they begin and as they are given up; what lies between is in paying.ts. */
import type { PaymentIntent } from './objects.ts';
import { invalid } from './refusal.ts';
import type { World } from './world.ts';

export interface IntentOrder {
  /** Cents. */
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly receiptEmail: string | null;
  readonly futureUsage: 'off_session' | 'on_session' | null;
  readonly suffix: string | null;
  readonly threeDSecure: 'any' | 'automatic' | 'challenge';
  readonly allowRedirects: 'always' | 'never';
}

/** The API's own bounds for the dollar, in cents. */
const amountMin = 50;
const amountMax = 99_999_999;

/** Refuses what Stripe would never charge. */
export const requireChargeable = (amount: number, currency: string, param = 'amount'): void => {
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalid(`Invalid currency: ${currency}.`, { param: 'currency' });
  }
  if (amount < 1) {
    throw invalid('This value must be greater than or equal to 1.', {
      ...{ code: 'parameter_invalid_integer', param },
    });
  }
  if (currency === 'usd' && amount < amountMin) {
    throw invalid('Amount must be at least $0.50 usd', { code: 'amount_too_small', param });
  }
  if (amount > amountMax) {
    throw invalid('Amount must be no more than $999,999.99', { code: 'amount_too_large', param });
  }
};

/** A payment intent that waits for a card. Throws for an amount that Stripe would not charge. */
export const newPaymentIntent = (world: World, order: IntentOrder): PaymentIntent => {
  requireChargeable(order.amount, order.currency);
  const id = world.newId('pi_');
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: order.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: order.allowRedirects, enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: world.newId(`${id}_secret_`),
    confirmation_method: 'automatic',
    created: world.now(),
    currency: order.currency,
    customer: order.customer,
    customer_account: null,
    description: order.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: world.livemode,
    managed_payments: null,
    metadata: { ...order.metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: {
        installments: null,
        mandate_options: null,
        network: null,
        request_three_d_secure: order.threeDSecure,
      },
    },
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: order.receiptEmail,
    review: null,
    setup_future_usage: order.futureUsage,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: order.suffix,
    status: 'requires_payment_method',
    transfer_group: null,
  };
  world.state.paymentIntents.set(id, intent);
  world.emit('payment_intent.created', intent);
  return intent;
};

const cancellable = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

/** Gives a payment up. Refuses one that has ended or is processing. */
export const cancelIntent = (
  world: World,
  intent: PaymentIntent,
  reason: PaymentIntent['cancellation_reason'],
): PaymentIntent => {
  if (!cancellable.includes(intent.status)) {
    throw invalid(
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
      { code: 'payment_intent_unexpected_state' },
    );
  }
  intent.status = 'canceled';
  intent.canceled_at = world.now();
  intent.cancellation_reason = reason;
  intent.next_action = null;
  world.emit('payment_intent.canceled', intent);
  return intent;
};

/**
 * The objects that the stand-in keeps, in the shapes of Stripe's own client: what Stripe may expand
 * is kept as an id and expanded on the way out. Amounts are the API's: whole cents.
 */
import type { Stripe } from 'stripe';

/** The same object with these fields as plain ids. */
type Folded<T, Names extends keyof T> = Omit<T, Names> & {
  [Name in Names]: Extract<T[Name], string | null>;
};

export type Customer = Stripe.Customer;

export type PaymentMethod = Folded<Stripe.PaymentMethod, 'customer'> & {
  readonly card: Stripe.PaymentMethod.Card;
};

export type SetupIntent = Folded<Stripe.SetupIntent, 'customer' | 'payment_method'>;

export type PaymentIntent = Folded<
  Stripe.PaymentIntent,
  'customer' | 'latest_charge' | 'payment_method'
>;

export type Session = Folded<
  Stripe.Checkout.Session,
  'customer' | 'payment_intent' | 'setup_intent'
>;

export type LineItem = Stripe.LineItem;

export type Charge = Folded<
  Stripe.Charge,
  'balance_transaction' | 'customer' | 'failure_balance_transaction' | 'payment_intent'
>;

export type Refund = Folded<
  Stripe.Refund,
  'balance_transaction' | 'charge' | 'customer' | 'payment_intent' | 'payment_method'
> & { failure_balance_transaction?: string };

export type Dispute = Folded<Stripe.Dispute, 'charge' | 'payment_intent'>;

export type FraudWarning = Folded<Stripe.Radar.EarlyFraudWarning, 'charge'>;

export type BalanceTransaction = Folded<Stripe.BalanceTransaction, 'source'>;

/** The name of an event, as Stripe's client knows it. */
export type EventType = Stripe.Event['type'];

export interface StoredEvent {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: unknown };
  readonly livemode: boolean;
  pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: EventType;
}

/** An error of the kind `card_error`, as payment and setup intents keep and answer it. */
export interface CardError {
  readonly type: 'card_error';
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
  readonly charge?: string;
  readonly param?: string;
  readonly payment_method?: PaymentMethod;
}

/**
 * Everything that the stand-in remembers, as data that can be written to a file: Stripe's objects by id
 * in the order of their making, and beside them what Stripe would know but not tell.
 */
import type {
  BalanceTransaction,
  Charge,
  Customer,
  Dispute,
  FraudWarning,
  LineItem,
  PaymentIntent,
  PaymentMethod,
  Refund,
  Session,
  SetupIntent,
  StoredEvent,
} from './objects.ts';

/** The card behind a payment method. */
export interface HiddenCard {
  readonly number: string;
  /** Its holder has authenticated it for payments without them. */
  setUp: boolean;
}

/** How an intent is being confirmed, until its holder has authenticated. */
export interface Journey {
  /** Where the holder goes afterwards. */
  readonly returnUrl: string | null;
  /** The Checkout Session that it belongs to. */
  readonly sessionId: string | null;
}

/** What a Checkout Session makes of a payment. */
export interface SessionPlan {
  readonly items: readonly LineItem[];
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly futureUsage: 'off_session' | 'on_session' | null;
  readonly threeDSecure: 'any' | 'automatic' | 'challenge';
}

/** How the next confirmation ends, whatever the card. */
export type ForcedOutcome =
  | { readonly outcome: 'succeeded' | 'processing' | 'authentication_required' }
  | { readonly outcome: 'declined'; readonly declineCode?: string };

/** The first answer to an idempotency key. */
export interface KeptAnswer {
  readonly path: string;
  readonly parameters: string;
  readonly requestId: string;
  readonly status: number;
  readonly body: string;
  readonly atMs: number;
}

export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  /** Names of events; `*` stands for all, `charge.*` for all of one kind. */
  readonly events: readonly string[];
  secret: string;
  /** Signs as well while a secret is being rolled. */
  previousSecret: string | null;
}

/** One attempt to deliver an event. */
export interface Delivery {
  readonly eventId: string;
  readonly type: string;
  readonly endpointId: string;
  /** Of the endpoint's answer; null when there was none. */
  readonly status: number | null;
}

/** One request to the API. */
export interface RequestNote {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey: string | null;
  readonly status: number;
  /** Whether this was the kept answer to an earlier request. */
  readonly replayed: boolean;
}

export const emptyState = () => ({
  customers: new Map<string, Customer>(),
  paymentMethods: new Map<string, PaymentMethod>(),
  setupIntents: new Map<string, SetupIntent>(),
  paymentIntents: new Map<string, PaymentIntent>(),
  sessions: new Map<string, Session>(),
  charges: new Map<string, Charge>(),
  refunds: new Map<string, Refund>(),
  disputes: new Map<string, Dispute>(),
  warnings: new Map<string, FraudWarning>(),
  balanceTransactions: new Map<string, BalanceTransaction>(),
  events: new Map<string, StoredEvent>(),
  /** By payment method. */
  cards: new Map<string, HiddenCard>(),
  /** By intent. */
  journeys: new Map<string, Journey>(),
  /** By Checkout Session. */
  plans: new Map<string, SessionPlan>(),
  /** By idempotency key. */
  answers: new Map<string, KeptAnswer>(),
  endpoints: new Map<string, WebhookEndpoint>(),
  forced: [] as ForcedOutcome[],
  /** Whether new charges wait for their balance transactions. */
  holdsBalances: false,
  deliveries: [] as Delivery[],
  requests: [] as RequestNote[],
});

export type State = ReturnType<typeof emptyState>;

/**
 * Stripe: the only module that knows its client. Answers with the platform's own forms, never with
 * Stripe's objects. Every call that changes something carries a key of the caller's, so that a repetition
 * changes nothing twice; what Stripe refuses becomes an AppError with Stripe's own words where they are for
 * the customer, and without them where they are not.
 */
import Stripe from 'stripe';
import { assert } from '../core/assert.ts';
import { AppError } from '../core/errors.ts';
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

/** One line of what the customer pays, in US cents above 0. */
export interface CheckoutLine {
  readonly name: string;
  readonly cents: bigint;
}

export interface CheckoutOrder {
  readonly topUpId: string;
  readonly organisation: string;
  readonly customerId: string;
  readonly lines: readonly CheckoutLine[];
  /** Whether the card is kept for later payments without the customer. */
  readonly savesCard: boolean;
  /** Whether the issuer must authenticate the payer where it can. */
  readonly authenticates: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** 30 minutes to 24 hours from now. */
  readonly expiresAtMs: number;
}

export interface HostedPage {
  /** `cs_...` */
  readonly id: string;
  readonly url: string;
}

export interface SavedCardOrder {
  readonly topUpId: string;
  readonly organisation: string;
  readonly customerId: string;
  readonly paymentMethodId: string;
  readonly cents: bigint;
  /** Whether the customer is there to authenticate; then `returnUrl` is where they come back to. */
  readonly returnUrl: string | null;
}

/** What Stripe has recorded, beyond payments that we ask for by name. */
export interface ProviderEvent {
  /** `evt_...` */
  readonly id: string;
  /** As it was sent, or would have been: JSON. */
  readonly payload: string;
}

/** A page of a list, newest first; `next` continues it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** A movement on our account with Stripe, in US cents. */
export interface AccountMovement extends BalanceTransaction {
  /** `charge`, `refund`, `adjustment`, `payout` and so on. */
  readonly type: string;
  /** What caused it (`ch_...`, `re_...`, `dp_...`); null for what has no cause. */
  readonly source: string | null;
  readonly amountCents: bigint;
  readonly createdAtMs: number;
}

export interface StripePort {
  /** Makes the customer of an organisation; repeated with the same organisation it answers the same one. */
  createCustomer(organisation: string, name: string): Promise<string>;
  createCheckout(order: CheckoutOrder): Promise<HostedPage>;
  /** A page on which the customer saves a card without paying. */
  createCardSetup(order: {
    readonly key: string;
    readonly customerId: string;
    readonly successUrl: string;
    readonly cancelUrl: string;
  }): Promise<HostedPage>;
  /** The checkout's payment; null while nobody has begun to pay. */
  getCheckoutPayment(
    checkoutId: string,
  ): Promise<{ readonly paymentId: string | null; readonly isExpired: boolean }>;
  /** Pays with a saved card. A refusal of the card is an answer, not an error. */
  payWithSavedCard(order: SavedCardOrder): Promise<ProviderPayment>;
  /** The payment as it stands now; undefined when there is none of this id. */
  getPayment(paymentId: string): Promise<ProviderPayment | undefined>;
  listSavedCards(customerId: string): Promise<readonly SavedCard[]>;
  /** Forgets the card; false when the customer has no such card. */
  removeSavedCard(customerId: string, cardId: string): Promise<boolean>;
  /** Gives money back to the card; `refused` with Stripe's code when it will not. */
  createRefund(order: {
    readonly refundId: string;
    readonly paymentId: string;
    readonly cents: bigint;
  }): Promise<
    | { readonly outcome: 'made'; readonly id: string }
    | { readonly outcome: 'refused'; readonly code: string; readonly message: string }
  >;
  listEvents(page: {
    readonly sinceMs: number;
    readonly after: string | undefined;
  }): Promise<Page<ProviderEvent>>;
  listMovements(page: {
    readonly sinceMs: number;
    readonly after: string | undefined;
  }): Promise<Page<AccountMovement>>;
  /** What Stripe holds for us now, paid out or not yet: US cents; below 0 when we owe it. */
  getBalanceCents(): Promise<bigint>;
}

export interface StripeAccess {
  readonly apiKey: string;
  /** Where the API is instead of at Stripe's own address: a stand-in, on stage `local` alone. */
  readonly address: string | undefined;
}

const pageSize = 100;
const timeoutMs = 10 * secondMs;
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

/** The port over Stripe's own client. */
export const stripe = ({ apiKey, address }: StripeAccess): StripePort => {
  const client = new Stripe(apiKey, {
    timeout: timeoutMs,
    maxNetworkRetries: 2,
    telemetry: false,
    ...addressOf(address),
  });

  const getPayment: StripePort['getPayment'] = async (paymentId) => {
    const intent = await orUndefined(() =>
      client.paymentIntents.retrieve(paymentId, { expand: ['latest_charge.balance_transaction'] }),
    );
    if (intent === undefined) return undefined;
    const [refunds, disputes] = await Promise.all([
      allOf(client.refunds.list({ payment_intent: paymentId, limit: pageSize })),
      allOf(client.disputes.list({ payment_intent: paymentId, limit: pageSize })),
    ]);
    return paymentOf(intent, refunds, disputes);
  };

  const requirePayment = async (paymentId: string): Promise<ProviderPayment> => {
    const payment = await getPayment(paymentId);
    assert(payment, `${paymentId} was made and is gone`);
    return payment;
  };

  const port: StripePort = {
    async createCustomer(organisation, name) {
      const { id } = await client.customers.create(
        { name, metadata: { organisation_id: organisation } },
        { idempotencyKey: `customer:${organisation}` },
      );
      return id;
    },

    async createCheckout(order) {
      const metadata = { organisation_id: order.organisation, top_up_id: order.topUpId };
      const session = await client.checkout.sessions.create(
        {
          mode: 'payment',
          allowed_payment_method_types: ['card'],
          customer: order.customerId,
          client_reference_id: order.organisation,
          line_items: order.lines.map(({ name, cents }) => ({
            quantity: 1,
            price_data: {
              currency: 'usd',
              unit_amount: Number(cents),
              product_data: { name },
            },
          })),
          metadata,
          payment_intent_data: {
            metadata,
            ...(order.savesCard ? { setup_future_usage: 'off_session' as const } : {}),
          },
          ...(order.authenticates
            ? { payment_method_options: { card: { request_three_d_secure: 'any' as const } } }
            : {}),
          success_url: order.successUrl,
          cancel_url: order.cancelUrl,
          expires_at: Math.floor(order.expiresAtMs / secondMs),
        },
        { idempotencyKey: `checkout:${order.topUpId}` },
      );
      return hostedPage(session);
    },

    async createCardSetup(order) {
      const session = await client.checkout.sessions.create(
        {
          mode: 'setup',
          allowed_payment_method_types: ['card'],
          customer: order.customerId,
          success_url: order.successUrl,
          cancel_url: order.cancelUrl,
        },
        { idempotencyKey: `setup:${order.key}` },
      );
      return hostedPage(session);
    },

    async getCheckoutPayment(checkoutId) {
      const session = await client.checkout.sessions.retrieve(checkoutId);
      return {
        paymentId: idOf(session.payment_intent),
        isExpired: session.status === 'expired',
      };
    },

    async payWithSavedCard(order) {
      const { returnUrl } = order;
      try {
        const intent = await client.paymentIntents.create(
          {
            amount: Number(order.cents),
            currency: 'usd',
            customer: order.customerId,
            payment_method: order.paymentMethodId,
            allowed_payment_method_types: ['card'],
            confirm: true,
            metadata: { organisation_id: order.organisation, top_up_id: order.topUpId },
            ...(returnUrl === null ? { off_session: true } : { return_url: returnUrl }),
          },
          { idempotencyKey: `payment:${order.topUpId}` },
        );
        return await requirePayment(intent.id);
      } catch (error) {
        // A refused card leaves a payment that says why.
        const declined = error instanceof Stripe.errors.StripeCardError ? error : undefined;
        if (declined?.payment_intent === undefined) throw error;
        return requirePayment(declined.payment_intent.id);
      }
    },

    getPayment,

    async listSavedCards(customerId) {
      const cards = await allOf(
        client.customers.listPaymentMethods(customerId, { type: 'card', limit: pageSize }),
      );
      return cards.map(savedCardOf);
    },

    async removeSavedCard(customerId, cardId) {
      const cards = await port.listSavedCards(customerId);
      if (!cards.some(({ id }) => id === cardId)) return false;
      await client.paymentMethods.detach(cardId);
      return true;
    },

    async createRefund({ refundId, paymentId, cents }) {
      try {
        const { id } = await client.refunds.create(
          {
            payment_intent: paymentId,
            amount: Number(cents),
            metadata: { refund_id: refundId },
          },
          { idempotencyKey: `refund:${refundId}` },
        );
        return { outcome: 'made', id };
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
        return { outcome: 'refused', code: error.code ?? 'refused', message: error.message };
      }
    },

    async listEvents({ sinceMs, after }) {
      const page = await client.events.list(pageOf(sinceMs, after));
      const items = page.data.map((event) => ({ id: event.id, payload: JSON.stringify(event) }));
      return { items, next: nextOf(page) };
    },

    async listMovements({ sinceMs, after }) {
      const page = await client.balanceTransactions.list(pageOf(sinceMs, after));
      const items = page.data.map((movement) => ({
        ...transactionOf(movement),
        type: movement.type,
        source: idOf(movement.source),
        amountCents: BigInt(movement.amount),
        createdAtMs: movement.created * secondMs,
      }));
      return { items, next: nextOf(page) };
    },

    async getBalanceCents() {
      const { available, pending } = await client.balance.retrieve();
      return [...available, ...pending]
        .filter(({ currency }) => currency === 'usd')
        .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    },
  };
  return withOurErrors(port);
};

const addressOf = (address: string | undefined) => {
  if (address === undefined) return {};
  const url = new URL(address);
  const protocol = url.protocol === 'http:' ? ('http' as const) : ('https' as const);
  return { host: url.hostname, port: url.port, protocol };
};

const pageOf = (sinceMs: number, after: string | undefined) => ({
  created: { gte: Math.floor(sinceMs / secondMs) },
  limit: pageSize,
  ...(after === undefined ? {} : { starting_after: after }),
});

const nextOf = (page: {
  readonly has_more: boolean;
  readonly data: readonly { readonly id: string }[];
}): string | undefined => (page.has_more ? page.data.at(-1)?.id : undefined);

const idOf = (reference: string | { readonly id: string } | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

const hostedPage = (session: { readonly id: string; readonly url: string | null }): HostedPage => {
  assert(session.url !== null, `${session.id} has no page`);
  return { id: session.id, url: session.url };
};

/** Every item of a list of Stripe's. */
const allOf = async <Item>(list: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
};

/** The answer; undefined where Stripe knows no such object. */
const orUndefined = async <Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> => {
  try {
    return await ask();
  } catch (error) {
    const missing =
      error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404;
    if (missing) return undefined;
    throw error;
  }
};

const transactionOf = ({ id, fee }: Stripe.BalanceTransaction): BalanceTransaction => ({
  id,
  feeCents: BigInt(fee),
});

const paymentOf = (
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
  return {
    id: charge.id,
    capturedCents: BigInt(charge.amount_captured),
    liabilityShifted:
      charge.payment_method_details?.card?.three_d_secure?.result === 'authenticated',
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

const disputeOf = (dispute: Stripe.Dispute): CardDispute => {
  const { balance_transactions: transactions } = dispute;
  return {
    id: dispute.id,
    status: disputeStatuses[dispute.status] ?? 'open',
    amountCents: BigInt(dispute.amount),
    fundsWithdrawn: transactions.some(({ amount }) => amount < 0),
    fundsReinstated: transactions.some(({ amount }) => amount > 0),
    transactions: transactions.map(transactionOf),
  };
};

const savedCardOf = (method: Stripe.PaymentMethod): SavedCard => ({
  id: method.id,
  brand: method.card?.brand ?? 'unknown',
  last4: method.card?.last4 ?? '',
  expiryMonth: method.card?.exp_month ?? 0,
  expiryYear: method.card?.exp_year ?? 0,
  createdAtMs: method.created * secondMs,
});

/** The port whose every refusal is one of ours. */
const withOurErrors = (port: StripePort): StripePort =>
  Object.fromEntries(
    Object.entries(port).map(([name, call]) => [
      name,
      async (...given: never[]) => {
        try {
          return await (call as (...given: never[]) => Promise<unknown>)(...given);
        } catch (error) {
          throw errorOf(error);
        }
      },
    ]),
  ) as unknown as StripePort;

/** Stripe's words are for the log; a key or a parameter could stand in them. */
const errorOf = (error: unknown): unknown => {
  const { errors } = Stripe;
  if (!(error instanceof errors.StripeError)) return error;
  const details = { type: error.type, code: error.code, status: error.statusCode };
  if (error instanceof errors.StripeAuthenticationError) {
    return new AppError('card.not_configured', { details });
  }
  if (error instanceof errors.StripeRateLimitError) {
    return new AppError('card.provider_unavailable', { details, retryAfterSeconds: 5 });
  }
  const isAway = error instanceof errors.StripeConnectionError || (error.statusCode ?? 0) >= 500;
  if (isAway) return new AppError('card.provider_unavailable', { details, retryAfterSeconds: 5 });
  // A key used twice for different things is our own mistake.
  if (error instanceof errors.StripeIdempotencyError) return error;
  return new AppError('card.refused', { details, extra: { provider_code: error.code ?? null } });
};

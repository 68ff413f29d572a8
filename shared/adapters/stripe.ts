/**
 * Stripe: the only module that calls its API. Every call that changes something carries a key of the
 * caller's, so that a repetition changes nothing twice; what Stripe answers and refuses leaves it in the
 * platform's own forms (stripe-forms.ts, stripe-errors.ts).
 */
import Stripe from 'stripe';
import { assert } from '../core/assert.ts';
import { secondMs } from '../core/time.ts';
import { orUndefined, unlessOver, withOurErrors } from './stripe-errors.ts';
import { eventOf, hostedPage, idOf, movementOf, paymentOf, savedCardOf } from './stripe-forms.ts';
import type { StripePort } from './stripe-port.ts';

export interface StripeAccess {
  readonly apiKey: string;
  /** Where the API is instead of at Stripe's own address: a stand-in, on stage `local` alone. */
  readonly address: string | undefined;
}

const pageSize = 100;
const timeoutMs = 10 * secondMs;
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

  /** The id of the payment after a try to pay it. */
  const afterTry = async (pay: () => Promise<Stripe.PaymentIntent>): Promise<string> => {
    try {
      return (await pay()).id;
    } catch (error) {
      // A refused card leaves a payment that says why.
      const declined = error instanceof Stripe.errors.StripeCardError ? error : undefined;
      if (declined?.payment_intent === undefined) throw error;
      return declined.payment_intent.id;
    }
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
      const session = await orUndefined(() => client.checkout.sessions.retrieve(checkoutId));
      if (session === undefined) return undefined;
      return {
        paymentId: idOf(session.payment_intent),
        topUpId: session.metadata?.['top_up_id'] ?? null,
        isExpired: session.status === 'expired',
      };
    },

    async payWithSavedCard(order) {
      const { returnUrl } = order;
      return afterTry(() =>
        client.paymentIntents.create(
          {
            amount: Number(order.cents),
            currency: 'usd',
            customer: order.customerId,
            payment_method: order.paymentMethodId,
            allowed_payment_method_types: ['card'],
            confirm: true,
            metadata: { organisation_id: order.organisation, top_up_id: order.topUpId },
            ...(returnUrl === null ? { off_session: true } : { return_url: returnUrl }),
            ...(order.authenticates
              ? { payment_method_options: { card: { request_three_d_secure: 'any' as const } } }
              : {}),
          },
          { idempotencyKey: `payment:${order.topUpId}` },
        ),
      );
    },

    async confirmPayment({ paymentId, key, returnUrl }) {
      const intent = await client.paymentIntents.retrieve(paymentId);
      // A refusal takes the card from the payment, and remembers it.
      const card = idOf(intent.payment_method) ?? idOf(intent.last_payment_error?.payment_method);
      assert(card !== null, `${paymentId} was never tried with a card`);
      try {
        await afterTry(() =>
          client.paymentIntents.confirm(
            paymentId,
            { payment_method: card, return_url: returnUrl },
            { idempotencyKey: `confirm:${key}` },
          ),
        );
      } catch (error) {
        const isOver =
          error instanceof Stripe.errors.StripeInvalidRequestError &&
          error.code === 'payment_intent_unexpected_state';
        if (!isOver) throw error;
      }
    },

    async closePayment({ checkoutId, paymentId }) {
      if (checkoutId !== null) await unlessOver(() => client.checkout.sessions.expire(checkoutId));
      else if (paymentId !== null) {
        await unlessOver(() => client.paymentIntents.cancel(paymentId));
      }
    },

    getPayment,

    async hasFraudWarning(paymentId) {
      const { data } = await client.radar.earlyFraudWarnings.list({
        payment_intent: paymentId,
        limit: 1,
      });
      return data.length > 0;
    },

    async findPayment({ customerId, topUpId, sinceMs }) {
      const payments = client.paymentIntents.list({
        ...pageOf(sinceMs, undefined),
        customer: customerId,
      });
      for await (const { id, metadata } of payments) {
        if (metadata['top_up_id'] === topUpId) return id;
      }
      return undefined;
    },

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
      return { items: page.data.map(eventOf), next: nextOf(page) };
    },

    async listMovements({ sinceMs, after }) {
      const page = await client.balanceTransactions.list(pageOf(sinceMs, after));
      return { items: page.data.map(movementOf), next: nextOf(page) };
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

/** Every item of a list of Stripe's. */
const allOf = async <Item>(list: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
};

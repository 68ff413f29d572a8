/** `/v1/checkout/sessions`, in the modes `payment` and `setup`, on Stripe's hosted page. */
import type { Stripe } from 'stripe';
import * as z from 'zod';
import { expireSession, newSession } from '../world/checkout.ts';
import { requireChargeable } from '../world/intents.ts';
import type { LineItem, Session } from '../world/objects.ts';
import { invalid, malformed, required } from '../world/refusal.ts';
import type { SessionPlan } from '../world/state.ts';
import type { World } from '../world/world.ts';
import { type Endpoint, endpoint, listEndpoint, nothing } from './endpoint.ts';
import { form, mergedMetadata, metadata, range, text, wholeNumber } from './form.ts';

const item = z.strictObject({
  quantity: wholeNumber,
  price_data: z.strictObject({
    currency: text,
    unit_amount: wholeNumber,
    product_data: z.strictObject({ name: text, description: text.optional() }),
  }),
});

const threeDSecure = z.enum(['any', 'automatic', 'challenge']);

const createForm = form<Stripe.Checkout.SessionCreateParams>()({
  mode: z.enum(['payment', 'setup']),
  line_items: z.array(item).min(1).optional(),
  currency: text.optional(),
  customer: text.optional(),
  customer_email: text.optional(),
  client_reference_id: text.max(200).optional(),
  metadata: metadata.optional(),
  success_url: z.string().regex(/^https?:\/\//),
  cancel_url: z
    .string()
    .regex(/^https?:\/\//)
    .optional(),
  expires_at: wholeNumber.optional(),
  ui_mode: z.literal('hosted_page').optional(),
  allowed_payment_method_types: z.array(z.literal('card')).optional(),
  payment_intent_data: z
    .strictObject({
      description: text.optional(),
      metadata: metadata.optional(),
      receipt_email: text.optional(),
      setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
    })
    .optional(),
  setup_intent_data: z
    .strictObject({ description: text.optional(), metadata: metadata.optional() })
    .optional(),
  payment_method_options: z
    .strictObject({ card: z.strictObject({ request_three_d_secure: threeDSecure.optional() }) })
    .optional(),
});

type Asked = z.output<typeof createForm>;

const usualSeconds = 86_400;
const shortestSeconds = 1_800;

const expiryOf = (world: World, asked: number | undefined): number => {
  const now = world.now();
  const expiry = asked ?? now + usualSeconds;
  if (expiry < now + shortestSeconds || expiry > now + usualSeconds) {
    throw invalid(
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.',
      { param: 'expires_at' },
    );
  }
  return expiry;
};

const itemsOf = (world: World, asked: Asked): readonly LineItem[] => {
  const items = asked.line_items ?? [];
  const currency = items[0]?.price_data.currency.toLowerCase();
  return items.map(({ quantity, price_data: price }, at) => {
    if (quantity < 1 || price.unit_amount < 0) {
      throw invalid('Invalid quantity or amount.', { param: `line_items[${at}]` });
    }
    if (price.currency.toLowerCase() !== currency) {
      throw invalid('All prices on a Checkout session must have the same currency.');
    }
    const total = quantity * price.unit_amount;
    return {
      id: world.newId('li_'),
      object: 'item',
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: total,
      amount_tax: 0,
      amount_total: total,
      currency,
      description: price.product_data.name,
      metadata: {},
      price: null,
      quantity,
    };
  });
};

const requireFits = (asked: Asked): void => {
  const payment = asked.mode === 'payment';
  const misplaced = payment ? asked.setup_intent_data : asked.payment_intent_data;
  const param = payment ? 'setup_intent_data' : 'payment_intent_data';
  if (misplaced !== undefined) {
    throw invalid(`You can not pass \`${param}\` in \`${asked.mode}\` mode.`, { param });
  }
  if (payment && asked.line_items === undefined) {
    throw malformed('parameter_missing', 'line_items', 'Missing required param: line_items.');
  }
  if (!payment && asked.line_items !== undefined) {
    throw invalid('`line_items` are not supported in `setup` mode.', { param: 'line_items' });
  }
  if (!payment && asked.currency === undefined && !asked.allowed_payment_method_types) {
    throw malformed('parameter_missing', 'currency', 'Missing required param: currency.');
  }
  if (asked.customer !== undefined && asked.customer_email !== undefined) {
    throw invalid('You may only specify one of these parameters: customer, customer_email.');
  }
};

const planOf = (world: World, asked: Asked): SessionPlan => {
  const items = itemsOf(world, asked);
  const payment = asked.payment_intent_data;
  return {
    items,
    description: (payment ?? asked.setup_intent_data)?.description ?? null,
    receiptEmail: payment?.receipt_email ?? null,
    metadata: mergedMetadata({}, (payment ?? asked.setup_intent_data)?.metadata),
    futureUsage: payment?.setup_future_usage ?? null,
    threeDSecure: asked.payment_method_options?.card.request_three_d_secure ?? 'automatic',
  };
};

const createSession = endpoint('POST /v1/checkout/sessions', createForm, (world, asked) => {
  requireFits(asked);
  if (asked.customer !== undefined) {
    required(world.state.customers.get(asked.customer), 'customer', asked.customer, 'customer');
  }
  const plan = planOf(world, asked);
  const currency = plan.items[0]?.currency ?? asked.currency?.toLowerCase() ?? null;
  if (asked.mode === 'payment' && currency !== null) {
    const total = plan.items.reduce((sum, each) => sum + each.amount_total, 0);
    requireChargeable(total, currency, 'line_items');
  }
  return newSession(world, {
    mode: asked.mode,
    currency,
    plan,
    customer: asked.customer ?? null,
    customerEmail: asked.customer_email ?? null,
    clientReferenceId: asked.client_reference_id ?? null,
    metadata: mergedMetadata({}, asked.metadata),
    successUrl: asked.success_url,
    cancelUrl: asked.cancel_url ?? null,
    expiresAt: expiryOf(world, asked.expires_at),
  });
});

const sessionOf = (world: World, id: string): Session =>
  required(world.state.sessions.get(id), 'checkout.session', id);

/** What this file serves. */
export const sessionEndpoints: readonly Endpoint[] = [
  createSession,
  endpoint('POST /v1/checkout/sessions/:id/expire', nothing, (world, _, id) =>
    expireSession(world, sessionOf(world, id)),
  ),
  endpoint('GET /v1/checkout/sessions/:id', nothing, (world, _, id) => sessionOf(world, id)),
  listEndpoint(
    '/v1/checkout/sessions',
    {
      customer: text.optional(),
      payment_intent: text.optional(),
      status: z.enum(['open', 'complete', 'expired']).optional(),
      created: range.optional(),
    },
    (world, { customer, payment_intent: intent, status }) =>
      [...world.state.sessions.values()].filter(
        (session) =>
          (customer === undefined || session.customer === customer) &&
          (intent === undefined || session.payment_intent === intent) &&
          (status === undefined || session.status === status),
      ),
  ),
  listEndpoint('/v1/checkout/sessions/:id/line_items', {}, (world, _, id) =>
    // Lists are answered newest first; items are asked for in the order of the session.
    (world.state.plans.get(sessionOf(world, id).id)?.items ?? []).toReversed(),
  ),
];

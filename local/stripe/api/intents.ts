/** `/v1/payment_intents` and `/v1/setup_intents`. */
import type { Stripe } from 'stripe';
import * as z from 'zod';
import { cancelIntent, newPaymentIntent } from '../world/intents.ts';
import type { PaymentIntent, SetupIntent } from '../world/objects.ts';
import { confirmPayment, requireOwner, requirePaid } from '../world/paying.ts';
import { invalid, malformed, required } from '../world/refusal.ts';
import { usePaymentMethod } from '../world/saved-cards.ts';
import { confirmSetup, newSetupIntent, requireSaved } from '../world/saving.ts';
import { findCardById } from '../world/test-cards.ts';
import type { World } from '../world/world.ts';
import { type Endpoint, endpoint, listEndpoint, nothing } from './endpoint.ts';
import { flag, form, mergedMetadata, metadata, range, text, unset, wholeNumber } from './form.ts';

const futureUsage = z.enum(['off_session', 'on_session']);
const cardOnly = z.array(z.literal('card'));
const threeDSecure = z.enum(['any', 'automatic', 'challenge']);
const cardOptions = z.strictObject({
  card: z.strictObject({ request_three_d_secure: threeDSecure.optional() }),
});
const redirects = z.strictObject({
  enabled: flag,
  allow_redirects: z.enum(['always', 'never']).optional(),
});

const confirming = {
  payment_method: text.optional(),
  off_session: flag.optional(),
  return_url: z.url().optional(),
  error_on_requires_action: flag.optional(),
};

const createForm = form<Stripe.PaymentIntentCreateParams>()({
  ...confirming,
  amount: wholeNumber,
  currency: text,
  customer: text.optional(),
  confirm: flag.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  receipt_email: text.optional(),
  setup_future_usage: futureUsage.optional(),
  statement_descriptor_suffix: text.max(22).optional(),
  allowed_payment_method_types: cardOnly.optional(),
  automatic_payment_methods: redirects.optional(),
  payment_method_options: cardOptions.optional(),
});

const confirmForm = form<Stripe.PaymentIntentConfirmParams>()({
  ...confirming,
  receipt_email: text.optional(),
  setup_future_usage: futureUsage.optional(),
  payment_method_options: cardOptions.optional(),
});

const requireCustomer = (world: World, id: string | undefined): void => {
  if (id !== undefined) required(world.state.customers.get(id), 'customer', id, 'customer');
};

const intentOf = (world: World, id: string): PaymentIntent =>
  required(world.state.paymentIntents.get(id), 'payment_intent', id);

interface Confirming {
  readonly payment_method?: string | undefined;
  readonly off_session?: boolean | undefined;
  readonly return_url?: string | undefined;
  readonly error_on_requires_action?: boolean | undefined;
}

const requireReturnUrl = (asked: Confirming, redirects: string): void => {
  if (asked.off_session === true || redirects === 'never' || asked.return_url !== undefined) return;
  throw malformed(
    'parameter_missing',
    'return_url',
    'This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`.',
  );
};

const confirm = (world: World, intent: PaymentIntent, asked: Confirming): PaymentIntent => {
  const methodId = asked.payment_method ?? intent.payment_method;
  if (methodId === null) {
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method.",
      { code: 'payment_intent_unexpected_state' },
    );
  }
  const { allow_redirects: redirects = 'always' } = intent.automatic_payment_methods ?? {};
  requireReturnUrl(asked, redirects);
  const error = confirmPayment(world, intent, {
    method: usePaymentMethod(world, methodId, 'payment_method'),
    offSession: asked.off_session ?? false,
    returnUrl: asked.return_url ?? null,
    refusesAction: asked.error_on_requires_action ?? false,
  });
  return requirePaid(intent, error);
};

/** What a new intent is refused for, before anything is made. */
const requireCreatable = (
  world: World,
  asked: z.output<typeof createForm>,
  redirects: string,
): void => {
  requireCustomer(world, asked.customer);
  if (asked.confirm === true) requireReturnUrl(asked, redirects);
  for (const param of ['off_session', 'error_on_requires_action'] as const) {
    if (asked[param] !== undefined && asked.confirm !== true) {
      throw malformed('parameter_invalid', param, `${param} needs confirm=true.`);
    }
  }
  const method = asked.payment_method;
  if (method === undefined && asked.confirm === true) {
    const message = 'You cannot confirm a PaymentIntent without a payment method.';
    throw malformed('parameter_missing', 'payment_method', message);
  }
  if (method === undefined || findCardById(method) !== undefined) return;
  const known = world.state.paymentMethods.get(method);
  requireOwner(required(known, 'PaymentMethod', method, 'payment_method'), asked.customer ?? null);
};

const createIntent = endpoint('POST /v1/payment_intents', createForm, (world, asked) => {
  const narrow = asked.allowed_payment_method_types !== undefined;
  const usual = narrow ? 'never' : 'always';
  const allowRedirects = asked.automatic_payment_methods?.allow_redirects ?? usual;
  requireCreatable(world, asked, allowRedirects);
  const intent = newPaymentIntent(world, {
    amount: asked.amount,
    currency: asked.currency.toLowerCase(),
    customer: asked.customer ?? null,
    description: asked.description ?? null,
    metadata: mergedMetadata({}, asked.metadata),
    receiptEmail: asked.receipt_email ?? null,
    futureUsage: asked.setup_future_usage ?? null,
    suffix: asked.statement_descriptor_suffix ?? null,
    threeDSecure: asked.payment_method_options?.card.request_three_d_secure ?? 'automatic',
    allowRedirects,
  });
  if (narrow) intent.allowed_payment_method_types = ['card'];
  if (asked.confirm === true) return confirm(world, intent, asked);
  if (asked.payment_method !== undefined) {
    intent.payment_method = usePaymentMethod(world, asked.payment_method).id;
    intent.status = 'requires_confirmation';
  }
  return intent;
});

const confirmIntent = endpoint(
  'POST /v1/payment_intents/:id/confirm',
  confirmForm,
  (world, asked, id) => {
    const intent = intentOf(world, id);
    if (asked.receipt_email !== undefined) intent.receipt_email = asked.receipt_email;
    if (asked.setup_future_usage !== undefined)
      intent.setup_future_usage = asked.setup_future_usage;
    const three = asked.payment_method_options?.card.request_three_d_secure;
    const options = intent.payment_method_options?.card;
    if (three !== undefined && options !== undefined) options.request_three_d_secure = three;
    return confirm(world, intent, asked);
  },
);

const updateIntent = endpoint(
  'POST /v1/payment_intents/:id',
  form<Stripe.PaymentIntentUpdateParams>()({
    description: text.optional(),
    metadata: z.union([unset, metadata]).optional(),
  }),
  (world, asked, id) => {
    const intent = intentOf(world, id);
    if (asked.description !== undefined) intent.description = asked.description;
    intent.metadata = mergedMetadata(intent.metadata, asked.metadata);
    return intent;
  },
);

const setupConfirming = { payment_method: text.optional(), return_url: z.url().optional() };

const confirmSetupIntent = (
  world: World,
  intent: SetupIntent,
  asked: Pick<Confirming, 'payment_method' | 'return_url'>,
): SetupIntent => {
  const methodId = asked.payment_method ?? intent.payment_method;
  if (methodId === null) {
    throw invalid("You cannot confirm this SetupIntent because it's missing a payment method.", {
      code: 'setup_intent_unexpected_state',
    });
  }
  const method = usePaymentMethod(world, methodId, 'payment_method');
  const journey = { returnUrl: asked.return_url ?? null };
  return requireSaved(intent, confirmSetup(world, intent, method, journey));
};

const createSetup = endpoint(
  'POST /v1/setup_intents',
  form<Stripe.SetupIntentCreateParams>()({
    ...setupConfirming,
    customer: text.optional(),
    usage: futureUsage.optional(),
    confirm: flag.optional(),
    description: text.optional(),
    metadata: metadata.optional(),
    allowed_payment_method_types: cardOnly.optional(),
    automatic_payment_methods: redirects.optional(),
  }),
  (world, asked) => {
    requireCustomer(world, asked.customer);
    const intent = newSetupIntent(world, {
      customer: asked.customer ?? null,
      usage: asked.usage ?? 'off_session',
      description: asked.description ?? null,
      metadata: mergedMetadata({}, asked.metadata),
    });
    return asked.confirm === true ? confirmSetupIntent(world, intent, asked) : intent;
  },
);

const setupOf = (world: World, id: string): SetupIntent =>
  required(world.state.setupIntents.get(id), 'setup_intent', id);

const cancelSetup = endpoint('POST /v1/setup_intents/:id/cancel', nothing, (world, _, id) => {
  const intent = setupOf(world, id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalid(
      `You cannot cancel this SetupIntent because it has a status of ${intent.status}.`,
      { code: 'setup_intent_unexpected_state' },
    );
  }
  intent.status = 'canceled';
  world.emit('setup_intent.canceled', intent);
  return intent;
});

/** What this file serves. */
export const intentEndpoints: readonly Endpoint[] = [
  createIntent,
  confirmIntent,
  endpoint(
    'POST /v1/payment_intents/:id/cancel',
    form<Stripe.PaymentIntentCancelParams>()({
      cancellation_reason: z
        .enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'])
        .optional(),
    }),
    (world, asked, id) =>
      cancelIntent(world, intentOf(world, id), asked.cancellation_reason ?? null),
  ),
  updateIntent,
  endpoint('GET /v1/payment_intents/:id', nothing, (world, _, id) => intentOf(world, id)),
  listEndpoint(
    '/v1/payment_intents',
    { customer: text.optional(), created: range.optional() },
    (world, { customer }) =>
      [...world.state.paymentIntents.values()].filter(
        (intent) => customer === undefined || intent.customer === customer,
      ),
  ),
  createSetup,
  endpoint(
    'POST /v1/setup_intents/:id/confirm',
    form<Stripe.SetupIntentConfirmParams>()(setupConfirming),
    (world, asked, id) => confirmSetupIntent(world, setupOf(world, id), asked),
  ),
  cancelSetup,
  endpoint('GET /v1/setup_intents/:id', nothing, (world, _, id) => setupOf(world, id)),
  listEndpoint(
    '/v1/setup_intents',
    { customer: text.optional(), payment_method: text.optional(), created: range.optional() },
    (world, { customer, payment_method: method }) =>
      [...world.state.setupIntents.values()].filter(
        (intent) =>
          (customer === undefined || intent.customer === customer) &&
          (method === undefined || intent.payment_method === method),
      ),
  ),
];

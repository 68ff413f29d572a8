/**
 * Checkout Sessions: opened by the API, paid (or used to save a card) on the pay page, and over after
 * that or when their time has come. A payment intent exists from the first attempt to pay.
 */
import { newPaymentIntent } from './intents.ts';
import type { CardError, LineItem, PaymentIntent, PaymentMethod, Session } from './objects.ts';
import { confirmPayment } from './paying.ts';
import { invalid } from './refusal.ts';
import { confirmSetup, newSetupIntent } from './saving.ts';
import type { SessionPlan } from './state.ts';
import type { World } from './world.ts';

export interface SessionOrder {
  readonly mode: 'payment' | 'setup';
  readonly currency: string | null;
  readonly plan: SessionPlan;
  readonly customer: string | null;
  readonly customerEmail: string | null;
  readonly clientReferenceId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

const totalOf = (items: readonly LineItem[]): number =>
  items.reduce((sum, item) => sum + item.amount_total, 0);

/** An open session with its address. */
export const newSession = (world: World, order: SessionOrder): Session => {
  const { mode, plan } = order;
  const id = world.newId(world.livemode ? 'cs_live_' : 'cs_test_', 58);
  const total = mode === 'payment' ? totalOf(plan.items) : null;
  const { customer, metadata } = order;
  const setup = { customer, usage: 'off_session', description: plan.description };
  const session: Session = {
    id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: total,
    amount_total: total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: order.cancelUrl,
    client_reference_id: order.clientReferenceId,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: world.now(),
    currency: order.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer,
    customer_account: null,
    customer_creation: customer === null && mode === 'payment' ? 'if_required' : null,
    customer_details: null,
    customer_email: order.customerEmail,
    discounts: [],
    expires_at: order.expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: world.livemode,
    locale: null,
    managed_payments: null,
    metadata: { ...metadata },
    mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_status: mode === 'payment' ? 'unpaid' : 'no_payment_required',
    permissions: null,
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent:
      mode === 'setup' ? newSetupIntent(world, { ...setup, metadata: plan.metadata }).id : null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    success_url: order.successUrl,
    total_details:
      total === null ? null : { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: `${world.url}/pay/${id}`,
    wallet_options: null,
  };
  world.state.sessions.set(id, session);
  world.state.plans.set(id, plan);
  return session;
};

/** Ends a session that nobody paid. Refuses one that is not open. */
export const expireSession = (world: World, session: Session): Session => {
  if (session.status !== 'open') {
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  }
  session.status = 'expired';
  session.url = null;
  world.emit('checkout.session.expired', session);
  return session;
};

/** Ends the sessions whose time has come. */
export const expireDueSessions = (world: World): void => {
  for (const session of world.state.sessions.values()) {
    if (session.status === 'open' && session.expires_at <= world.now()) {
      expireSession(world, session);
    }
  }
};

/** Takes over what became of the session's intent. */
export const settleSession = (world: World, session: Session): void => {
  const intent = world.state.paymentIntents.get(session.payment_intent ?? '');
  const setup = world.state.setupIntents.get(session.setup_intent ?? '');
  const status = session.mode === 'payment' ? intent?.status : setup?.status;
  const late = session.status === 'complete';
  if (late && session.payment_status === 'unpaid' && status === 'succeeded') {
    session.payment_status = 'paid';
    world.emit('checkout.session.async_payment_succeeded', session);
  } else if (late && status === 'requires_payment_method') {
    world.emit('checkout.session.async_payment_failed', session);
  } else if (!late && (status === 'succeeded' || status === 'processing')) {
    session.status = 'complete';
    session.url = null;
    if (session.mode === 'payment' && status === 'succeeded') session.payment_status = 'paid';
    world.emit('checkout.session.completed', session);
  }
};

const intentOf = (world: World, session: Session, plan: SessionPlan): PaymentIntent => {
  const known = world.state.paymentIntents.get(session.payment_intent ?? '');
  if (known !== undefined) return known;
  const intent = newPaymentIntent(world, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    customer: session.customer,
    description: plan.description,
    metadata: plan.metadata,
    receiptEmail: plan.receiptEmail,
    futureUsage: plan.futureUsage,
    suffix: null,
    threeDSecure: plan.threeDSecure,
    allowRedirects: 'always',
  });
  session.payment_intent = intent.id;
  return intent;
};

/**
 * A card is given on the pay page. Answers why it was refused, or undefined when the session is
 * complete or its intent waits for authentication.
 */
export const payInSession = (
  world: World,
  session: Session,
  method: PaymentMethod,
): CardError | undefined => {
  const plan = world.state.plans.get(session.id);
  if (session.status !== 'open' || plan === undefined) {
    throw invalid('This Checkout Session is over.');
  }
  const { email, name } = method.billing_details;
  session.customer_details = {
    ...{ address: null, business_name: null, email, individual_name: null, name, phone: null },
    ...{ tax_exempt: 'none', tax_ids: [] },
  };
  const returnUrl = `${world.url}/pay/${session.id}`;
  const journey = { returnUrl, sessionId: session.id };
  const setup = world.state.setupIntents.get(session.setup_intent ?? '');
  const error =
    setup === undefined
      ? confirmPayment(world, intentOf(world, session, plan), {
          ...{ method, offSession: false, ...journey },
        })
      : confirmSetup(world, setup, method, journey);
  settleSession(world, session);
  return error;
};

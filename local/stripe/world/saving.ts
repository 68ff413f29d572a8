/**
 * The life of a setup intent: a card is saved for payments without its holder, who may have to
 * authenticate once.
 */
import type { CardError, PaymentMethod, SetupIntent } from './objects.ts';
import { cardRefused, invalid } from './refusal.ts';
import { cardBehind, keepCard } from './saved-cards.ts';
import type { World } from './world.ts';

export interface SetupOrder {
  readonly customer: string | null;
  readonly usage: string;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A setup intent that waits for a card. */
export const newSetupIntent = (world: World, order: SetupOrder): SetupIntent => {
  const id = world.newId('seti_');
  const intent: SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { enabled: true },
    cancellation_reason: null,
    client_secret: world.newId(`${id}_secret_`),
    created: world.now(),
    customer: order.customer,
    description: order.description,
    excluded_payment_method_types: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: world.livemode,
    mandate: null,
    metadata: { ...order.metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: order.usage,
  };
  world.state.setupIntents.set(id, intent);
  world.emit('setup_intent.created', intent);
  return intent;
};

const refuse = (world: World, intent: SetupIntent, error: CardError): CardError => {
  const { payment_method: method, ...rest } = error;
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_setup_error = {
    ...rest,
    ...(method === undefined ? {} : { payment_method: method }),
  };
  world.emit('setup_intent.setup_failed', intent);
  return error;
};

const succeed = (
  world: World,
  intent: SetupIntent,
  method: PaymentMethod,
  setUp: boolean,
): void => {
  const card = world.state.cards.get(method.id);
  if (card !== undefined && setUp && intent.usage === 'off_session') card.setUp = true;
  intent.status = 'succeeded';
  intent.next_action = null;
  intent.last_setup_error = null;
  if (intent.customer !== null) keepCard(world, method, intent.customer);
  world.emit('setup_intent.succeeded', intent);
};

/** Saves a card, or asks its holder to authenticate. Answers why it was refused, or undefined. */
export const confirmSetup = (
  world: World,
  intent: SetupIntent,
  method: PaymentMethod,
  journey: { readonly returnUrl: string | null; readonly sessionId?: string },
): CardError | undefined => {
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalid(
      `You cannot confirm this SetupIntent because it has a status of ${intent.status}.`,
      { code: 'setup_intent_unexpected_state' },
    );
  }
  const { decline, savesFirst, authentication } = cardBehind(world, method.id);
  intent.payment_method = method.id;
  if (decline !== undefined && !savesFirst) {
    return refuse(world, intent, { type: 'card_error', ...decline, payment_method: method });
  }
  if (authentication === 'supported') {
    succeed(world, intent, method, false);
    return undefined;
  }
  const { returnUrl, sessionId = null } = journey;
  world.state.journeys.set(intent.id, { returnUrl, sessionId });
  intent.status = 'requires_action';
  const url = `${world.url}/authenticate/${intent.id}`;
  intent.next_action =
    returnUrl === null
      ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
      : { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } };
  world.emit('setup_intent.requires_action', intent);
  return undefined;
};

/** The holder has authenticated, or failed to. Answers why the card was refused, or undefined. */
export const finishSetup = (
  world: World,
  intent: SetupIntent,
  authenticated: boolean,
): CardError | undefined => {
  const method = world.state.paymentMethods.get(intent.payment_method ?? '');
  if (intent.status !== 'requires_action' || method === undefined) {
    throw invalid(`${intent.id} waits for no authentication.`);
  }
  if (authenticated) {
    succeed(world, intent, method, true);
    return undefined;
  }
  return refuse(world, intent, {
    type: 'card_error',
    code: 'setup_intent_authentication_failure',
    message: 'We are unable to authenticate your payment method. Please try another one.',
    payment_method: method,
  });
};

/** Throws the 402 of a card that was not saved. */
export const requireSaved = (intent: SetupIntent, error: CardError | undefined): SetupIntent => {
  if (error !== undefined) throw cardRefused(error, { setup_intent: intent });
  return intent;
};

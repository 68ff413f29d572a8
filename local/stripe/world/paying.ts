/**
 * The life of a payment intent: confirmed with a card, perhaps authenticated by its holder, then
 * succeeded, or refused and open for another card. A holder who is not there cannot authenticate: such
 * a payment is refused with `authentication_required` and can be confirmed on-session later.
 */

import { chargeCard, followPayment } from './charging.ts';
import type { CardError, PaymentIntent, PaymentMethod } from './objects.ts';
import { cardRefused, invalid } from './refusal.ts';
import { cardBehind, keepCard } from './saved-cards.ts';
import type { ForcedOutcome } from './state.ts';
import { type Decline, declines } from './test-cards.ts';
import type { World } from './world.ts';

export interface Confirmation {
  readonly method: PaymentMethod;
  /** The holder is not there. */
  readonly offSession: boolean;
  readonly returnUrl: string | null;
  /** Refuse instead of asking the holder to authenticate. */
  readonly refusesAction?: boolean;
  /** The Checkout Session that it belongs to. */
  readonly sessionId?: string;
}

/** States in which an intent takes a card. */
const open = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

const declineOf = (forced: ForcedOutcome | undefined): Decline | undefined => {
  if (forced?.outcome !== 'declined') return undefined;
  const known: Readonly<Record<string, Decline>> = declines;
  return known[forced.declineCode ?? 'generic_decline'] ?? declines.generic_decline;
};

const asksForThreeDSecure = (intent: PaymentIntent): boolean => {
  const asked = intent.payment_method_options?.card?.request_three_d_secure;
  return asked === 'any' || asked === 'challenge';
};

const mustAuthenticate = (
  world: World,
  intent: PaymentIntent,
  { method, offSession }: Confirmation,
): boolean => {
  switch (cardBehind(world, method.id).authentication) {
    case 'always':
      return true;
    case 'unless_set_up':
      return (
        !world.state.cards.get(method.id)?.setUp || (asksForThreeDSecure(intent) && !offSession)
      );
    case 'supported':
      return asksForThreeDSecure(intent) && !offSession;
  }
};

/** Refuses a card that another customer has saved. */
export const requireOwner = (method: PaymentMethod, customer: string | null): void => {
  if (method.customer === null || method.customer === customer) return;
  const message = `The customer does not have a payment method with the ID ${method.id}. The payment method must be attached to the customer.`;
  throw invalid(message, { param: 'payment_method' });
};

const requireUsable = (intent: PaymentIntent, { method }: Confirmation): void => {
  if (!open.includes(intent.status)) {
    const why =
      intent.status === 'succeeded'
        ? 'it has already succeeded after being previously confirmed'
        : `it has a status of ${intent.status}`;
    throw invalid(`You cannot confirm this PaymentIntent because ${why}.`, {
      code: 'payment_intent_unexpected_state',
    });
  }
  requireOwner(method, intent.customer);
};

/** The intent is open for another card. */
const refuse = (world: World, intent: PaymentIntent, error: CardError): CardError => {
  const { payment_method: method, ...rest } = error;
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_payment_error = {
    ...rest,
    code: rest.code as NonNullable<PaymentIntent['last_payment_error']>['code'] & string,
    ...(method === undefined ? {} : { payment_method: method }),
  };
  world.emit('payment_intent.payment_failed', intent);
  return error;
};

const succeed = (world: World, intent: PaymentIntent, method: PaymentMethod): void => {
  intent.status = 'succeeded';
  intent.amount_received = intent.amount;
  intent.next_action = null;
  intent.last_payment_error = null;
  intent.processing = null;
  if (intent.setup_future_usage !== null && intent.customer !== null) {
    keepCard(world, method, intent.customer);
  }
  world.emit('payment_intent.succeeded', intent);
  followPayment(world, intent.latest_charge ?? '');
};

const charge = (
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod,
  { authenticated, decline }: { authenticated: boolean; decline: Decline | undefined },
): CardError | undefined => {
  const refused = chargeCard(world, { intent, method, authenticated, decline });
  if (refused !== undefined) return refuse(world, intent, refused);
  const card = world.state.cards.get(method.id);
  if (authenticated && card !== undefined && intent.setup_future_usage === 'off_session') {
    card.setUp = true;
  }
  succeed(world, intent, method);
  return undefined;
};

const askHolder = (world: World, intent: PaymentIntent, confirmation: Confirmation): void => {
  const { returnUrl, sessionId = null } = confirmation;
  world.state.journeys.set(intent.id, { returnUrl, sessionId });
  intent.status = 'requires_action';
  const url = `${world.url}/authenticate/${intent.id}`;
  intent.next_action =
    returnUrl === null
      ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
      : { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } };
  world.emit('payment_intent.requires_action', intent);
};

/** Confirms a payment. Answers why it was refused, or undefined; throws what is no matter of cards. */
export const confirmPayment = (
  world: World,
  intent: PaymentIntent,
  confirmation: Confirmation,
): CardError | undefined => {
  requireUsable(intent, confirmation);
  const { method, offSession } = confirmation;
  const forced = world.state.forced.shift();
  intent.payment_method = method.id;
  intent.last_payment_error = null;
  if (forced?.outcome === 'processing') {
    world.state.journeys.set(intent.id, {
      returnUrl: confirmation.returnUrl,
      sessionId: confirmation.sessionId ?? null,
    });
    intent.status = 'processing';
    world.emit('payment_intent.processing', intent);
    return undefined;
  }
  const authenticate =
    forced?.outcome === 'authentication_required' ||
    (forced === undefined && mustAuthenticate(world, intent, confirmation));
  if (authenticate && !offSession && confirmation.refusesAction !== true) {
    askHolder(world, intent, confirmation);
    return undefined;
  }
  const usual = forced === undefined ? cardBehind(world, method.id).decline : declineOf(forced);
  const decline = authenticate ? declines.authentication_required : usual;
  return charge(world, intent, method, { authenticated: false, decline });
};

const methodOf = (world: World, intent: PaymentIntent): PaymentMethod => {
  const method = world.state.paymentMethods.get(intent.payment_method ?? '');
  if (method === undefined) throw invalid(`${intent.id} has no payment method.`);
  return method;
};

/** The holder has authenticated, or failed to. Answers why the payment was refused, or undefined. */
export const finishAuthentication = (
  world: World,
  intent: PaymentIntent,
  authenticated: boolean,
): CardError | undefined => {
  if (intent.status !== 'requires_action') {
    throw invalid(`${intent.id} waits for no authentication.`);
  }
  const method = methodOf(world, intent);
  if (!authenticated) {
    return refuse(world, intent, {
      type: 'card_error',
      code: 'payment_intent_authentication_failure',
      message:
        'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
      payment_method: method,
    });
  }
  const { decline } = cardBehind(world, method.id);
  return charge(world, intent, method, { authenticated: true, decline });
};

/** A payment that was processing ends. */
export const finishProcessing = (
  world: World,
  intent: PaymentIntent,
  succeeds: boolean,
): CardError | undefined => {
  if (intent.status !== 'processing') throw invalid(`${intent.id} is not processing.`);
  const decline = succeeds ? undefined : declines.generic_decline;
  return charge(world, intent, methodOf(world, intent), { authenticated: false, decline });
};

/** Throws the 402 of a refused payment. */
export const requirePaid = (intent: PaymentIntent, error: CardError | undefined): PaymentIntent => {
  if (error !== undefined) throw cardRefused(error, { payment_intent: intent });
  return intent;
};

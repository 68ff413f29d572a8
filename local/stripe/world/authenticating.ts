/** 3-D Secure and late payments come to their end: the intent first, then the session that it belongs to. */
import { settleSession } from './checkout.ts';
import type { CardError, PaymentIntent, SetupIntent } from './objects.ts';
import { finishAuthentication, finishProcessing } from './paying.ts';
import { missing } from './refusal.ts';
import { finishSetup } from './saving.ts';
import type { World } from './world.ts';

export type Intent = PaymentIntent | SetupIntent;

/** The payment or setup intent of this id. */
export const requireIntent = (world: World, id: string): Intent => {
  const intent = world.state.paymentIntents.get(id) ?? world.state.setupIntents.get(id);
  if (intent === undefined) throw missing('intent', id);
  return intent;
};

const settle = (world: World, intent: Intent): void => {
  const sessionId = world.state.journeys.get(intent.id)?.sessionId;
  const session = world.state.sessions.get(sessionId ?? '');
  if (session !== undefined) settleSession(world, session);
};

/** The holder has authenticated, or failed to. Answers why the intent was refused, or undefined. */
export const authenticate = (
  world: World,
  intent: Intent,
  succeeds: boolean,
): CardError | undefined => {
  const error =
    intent.object === 'payment_intent'
      ? finishAuthentication(world, intent, succeeds)
      : finishSetup(world, intent, succeeds);
  settle(world, intent);
  return error;
};

/** A payment that was processing ends. */
export const endProcessing = (world: World, intent: PaymentIntent, succeeds: boolean): void => {
  finishProcessing(world, intent, succeeds);
  settle(world, intent);
};

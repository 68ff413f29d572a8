/** The runtime of every function that speaks with the card provider. */
import { secrets } from '../../../shared/adapters/secrets.ts';
import { type Environment, keyModeOf } from '../../kit/env.ts';
import { createRuntime } from '../../kit/runtime.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { stripeClient } from './stripe-client.ts';

export const createCardRuntime = (env: Environment): PaymentNeeds => {
  const runtime = createRuntime(env);
  const keyMode = keyModeOf(env);
  return {
    ...runtime,
    keyMode,
    stripe: stripeClient({
      secrets: secrets(runtime.clock),
      secretArn: env.require('STRIPE_KEY_SECRET_ARN'),
      address: env.get('STRIPE_ADDRESS'),
      keyMode,
    }),
  };
};

/** Lambda `payments-webhook`: takes the card provider's events and queues them. */
import { queue } from '../../shared/adapters/queue.ts';
import { secrets } from '../../shared/adapters/secrets.ts';
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { requireStripeSignature } from '../payments/cards/webhook-check.ts';
import { webhookRoutes } from '../payments/webhook-routes.ts';

const env = environment();
const runtime = createRuntime(env);
const keyMode = keyModeOf(env);

export const handler = httpFunction(
  { ...runtime, keyMode, events: queue(env.require('PROVIDER_EVENTS_QUEUE_URL')) },
  webhookRoutes,
  {
    keyMode,
    requireWebhook: requireStripeSignature(
      secrets(runtime.clock),
      env.require('STRIPE_WEBHOOK_SECRET_ARN'),
    ),
  },
);

/** Lambda `payments-webhook`: takes the card provider's events, and hints from the chain, and queues them. */
import { queue } from '../../shared/adapters/queue.ts';
import { secrets } from '../../shared/adapters/secrets.ts';
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { requireStripeSignature } from '../payments/cards/webhook-check.ts';
import { requireHintSecret } from '../payments/deposits/require-hint-secret.ts';
import { hintRoutes, webhookRoutes } from '../payments/webhook-routes.ts';

const env = environment();
const runtime = createRuntime(env);
const keyMode = keyModeOf(env);
const port = secrets(runtime.clock);
const requireStripe = requireStripeSignature(port, env.require('STRIPE_WEBHOOK_SECRET_ARN'));
const requireHint = requireHintSecret(port, env.require('SOLANA_WEBHOOK_SECRET_ARN'));

export const handler = httpFunction(
  {
    ...runtime,
    keyMode,
    events: queue(env.require('PROVIDER_EVENTS_QUEUE_URL')),
    hints: queue(env.require('HINTS_QUEUE_URL')),
  },
  [...webhookRoutes, ...hintRoutes],
  {
    keyMode,
    requireWebhook: (sent) =>
      sent.route === 'receiveSolanaHint' ? requireHint(sent) : requireStripe(sent),
  },
);

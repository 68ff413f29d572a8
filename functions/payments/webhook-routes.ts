/** Where the card provider, and who watches the chain for us, tell that something happened. */
import * as z from 'zod';
import { emptySchema, octetsSchema } from '../../shared/core/wire.ts';
import { type Route, route } from '../kit/route.ts';
import { receiveStripeEvent, type StripeEventNeeds } from './cards/receive-stripe-event.ts';
import { type HintNeeds, receiveSolanaHint } from './deposits/receive-solana-hint.ts';

const bodyBytesMax = 512 * 1024;

export const webhookRoutes: readonly Route<StripeEventNeeds>[] = [
  route({
    name: 'receiveStripeEvent',
    method: 'POST',
    path: '/v1/webhooks/stripe',
    summary: "Takes Stripe's events, signed by Stripe.",
    authentication: 'webhook',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: octetsSchema,
    bodyBytesMax,
    answer: z.strictObject({ received: z.literal(true) }),
    status: 200,
    errors: [
      'webhook.signature_invalid',
      'webhook.unreadable',
      'webhook.wrong_mode',
      'webhook.other_account',
    ],
    handle: receiveStripeEvent,
  }),
];

export const hintRoutes: readonly Route<HintNeeds>[] = [
  route({
    name: 'receiveSolanaHint',
    method: 'POST',
    path: '/v1/webhooks/solana',
    summary: 'Takes hints that something came to the treasury; the body is not read.',
    authentication: 'webhook',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: octetsSchema,
    bodyBytesMax,
    answer: z.strictObject({ received: z.literal(true) }),
    status: 200,
    errors: ['webhook.signature_invalid'],
    handle: receiveSolanaHint,
  }),
];

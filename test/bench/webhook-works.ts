/**
 * Times the edge of webhooks: the function's whole pipeline from the request to its answer, signature,
 * kept event and queue included. Secrets are known, as in a process that has answered before.
 */
import { Stripe } from 'stripe';
import { httpFunction } from '../../functions/kit/http.ts';
import { requireStripeSignature } from '../../functions/payments/cards/webhook-check.ts';
import { webhookRoutes } from '../../functions/payments/webhook-routes.ts';
import { assert } from '../../shared/core/assert.ts';
import { secondMs } from '../../shared/core/time.ts';
import { callHttp } from '../support/http.ts';
import { startMs, testRuntime } from '../support/runtime.ts';

const warmUpWorlds = 10;
const measuredWorlds = 30;
const eventsPerWorld = 50;
const secret = 'whsec_bench';

/** An event of the size that Stripe sends, some 3 KB: the whole payment stands in it. */
const eventBody = (id: string): string =>
  JSON.stringify(
    {
      id,
      object: 'event',
      api_version: '2026-10-28.endive',
      created: startMs / secondMs,
      data: {
        object: {
          id: `pi_${id}`,
          object: 'payment_intent',
          amount: 2088,
          amount_received: 2088,
          currency: 'usd',
          metadata: { organisation_id: 'org_bench', top_up_id: 'top_bench' },
          status: 'succeeded',
          // What the platform does not read: two thirds of the whole.
          description: 'x'.repeat(2_200),
        },
      },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type: 'payment_intent.succeeded',
    },
    null,
    2,
  );

/** Milliseconds of each event's way through a fresh edge. */
const measureWorld = async (world: number): Promise<readonly number[]> => {
  const runtime = testRuntime();
  const messages: object[] = [];
  const serve = httpFunction(
    {
      ...runtime,
      keyMode: 'test' as const,
      events: { send: async (message) => void messages.push(message) },
    },
    webhookRoutes,
    {
      keyMode: 'test',
      requireWebhook: requireStripeSignature(
        { read: async () => secret, readPrevious: async () => undefined },
        'arn:webhook',
      ),
    },
  );
  const { webhooks } = new Stripe('sk_test_bench', { telemetry: false });
  const samples: number[] = [];
  for (let event = 0; event < eventsPerWorld; event += 1) {
    const payload = eventBody(`evt_${world}_${event}`);
    const signature = webhooks.generateTestHeaderString({
      payload,
      secret,
      timestamp: startMs / secondMs,
    });
    const request = {
      method: 'POST',
      path: '/v1/webhooks/stripe',
      rawBody: Buffer.from(payload),
      headers: { 'stripe-signature': signature },
    };
    const sinceMs = performance.now();
    const { status } = await callHttp(serve, request);
    samples.push(performance.now() - sinceMs);
    assert(status === 200, `the event was answered ${status}`);
  }
  assert(messages.length === eventsPerWorld, `${messages.length} events were queued`);
  return samples;
};

/** Milliseconds per event, once V8 has compiled what runs often. */
export const measureWebhook = async (): Promise<readonly number[]> => {
  const samples: number[] = [];
  for (let world = 0; world < warmUpWorlds + measuredWorlds; world += 1) {
    const own = await measureWorld(world);
    if (world >= warmUpWorlds) samples.push(...own);
  }
  return samples;
};

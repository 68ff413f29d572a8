/**
 * The functions of card money behind their real pipelines, Stripe's real client in them, and a stand-in of
 * Stripe behind that: webhooks go to the platform's endpoint, its queue is worked off when the test says so.
 * At the end the stand-in's own records, the ledger's invariants and the books are compared.
 */
import type { SQSEvent } from 'aws-lambda';
import { Stripe } from 'stripe';
import { httpFunction } from '../../../functions/kit/http.ts';
import { queueFunction } from '../../../functions/kit/queue.ts';
import { cardRoutes } from '../../../functions/payments/card-routes.ts';
import type { PaymentNeeds } from '../../../functions/payments/cards/payment-needs.ts';
import {
  processProviderEvent,
  providerEventMessage,
} from '../../../functions/payments/cards/process-provider-event.queue.ts';
import { stripeClient } from '../../../functions/payments/cards/stripe-client.ts';
import { requireStripeSignature } from '../../../functions/payments/cards/webhook-check.ts';
import { webhookRoutes } from '../../../functions/payments/webhook-routes.ts';
import { visitPayPage } from '../../../local/stripe/hosted/visitor.ts';
import { startStripeStandIn } from '../../../local/stripe/stand-in.ts';
import type { SecretPort } from '../../../shared/adapters/secrets.ts';
import type { StripePort } from '../../../shared/adapters/stripe-port.ts';
import { present } from '../../../shared/core/assert.ts';
import { customerAccount, debtAccount } from '../../../shared/ledger/account.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { getAccount, scanLedger, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { callHttp, type TestRequest } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { seededRandomness, type TestRuntime, testRuntime } from '../../support/runtime.ts';

const keySecret = 'arn:key';
const webhookSecret = 'arn:webhook';

export interface CardServiceOptions {
  readonly runtime?: TestRuntime;
  /** Stands between the functions and the provider: tests let it die. */
  readonly between?: (port: StripePort) => StripePort;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A fresh service; nothing is shared between two. */
export const cardService = async (options: CardServiceOptions = {}) => {
  const { runtime = testRuntime(), between = (port) => port } = options;
  const stripeMockUrl = process.env['STRIPE_MOCK_URL'];
  const secrets = new Map<string, { current: string; previous?: string }>();
  const port: SecretPort = {
    read: async (arn) => secrets.get(arn)?.current ?? '',
    readPrevious: async (arn) => secrets.get(arn)?.previous,
  };
  const messages: string[] = [];
  const serveWebhook = httpFunction(
    {
      ...runtime,
      keyMode: 'test' as const,
      events: { send: async (message) => void messages.push(JSON.stringify(message)) },
    },
    webhookRoutes,
    { keyMode: 'test', requireWebhook: requireStripeSignature(port, webhookSecret) },
  );
  /** As API Gateway hands it on: a text as it is, bytes in Base64. */
  const deliver = (rawBody: string | Uint8Array, signature: string | undefined) =>
    callHttp(serveWebhook, {
      method: 'POST',
      path: '/v1/webhooks/stripe',
      rawBody,
      headers: signature === undefined ? {} : { 'stripe-signature': signature },
    });
  const stand = await startStripeStandIn({
    nowMs: () => runtime.clock.nowMs(),
    randomness: seededRandomness('stripe'),
    ...(stripeMockUrl === undefined ? {} : { stripeMockUrl }),
    send: async ({ body, signature }) => (await deliver(body, signature)).status,
  });
  const { control } = stand;
  const { id: endpointId, secret } = await control.addEndpoint({ url: 'https://platform.test' });
  secrets.set(keySecret, { current: stand.secretKey });
  secrets.set(webhookSecret, { current: secret });
  const client = stripeClient({
    secrets: port,
    secretArn: keySecret,
    address: stand.url,
    keyMode: 'test',
  });
  const needs: PaymentNeeds = {
    ...runtime,
    keyMode: 'test',
    stripe: async () => between(await client()),
  };
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const serve = httpFunction(needs, cardRoutes, { keyMode: 'test' });
  let requests = 0;
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) => {
    requests += 1;
    const headers = { 'idempotency-key': `request-${requests}`, ...request.headers };
    return callHttp(serve, { method, path, key: owner, ...request, headers });
  };
  const consume = queueFunction(needs, providerEventMessage, processProviderEvent);

  /** Lets every event that was sent arrive, and works the queue off; answers how many failed. */
  const settle = async (): Promise<number> => {
    await control.settled();
    const batch = messages.splice(0);
    const event = {
      Records: batch.map((body, index) => ({ messageId: String(index), body })),
    } as unknown as SQSEvent;
    return (await consume(event)).batchItemFailures.length;
  };

  const balances = async () => {
    const credit = await getAccount(runtime.database, customerAccount(organisationId));
    const debt = await getAccount(runtime.database, debtAccount(organisationId));
    return { available: credit.available, held: credit.held, owed: -debt.posted };
  };

  /** Buys credit on the provider's page. */
  const topUp = async (units: bigint, number?: string) => {
    const made = await call('POST', '/v1/top-ups', {
      body: {
        amount: { amount: units.toString(), currency: 'usd' },
        success_url: 'https://console.test/paid',
        save_card: true,
      },
    });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    await visitPayPage(made.body.url, number === undefined ? {} : { number });
    return made.body.id as string;
  };

  /** The provider's id of the payment for a top-up. */
  const paymentOf = async (topUpId: string): Promise<string> => {
    const metadata = { top_up_id: topUpId };
    const [payment] = (await control.totals({ metadata })).payments;
    return present(payment, `nobody paid ${topUpId}`).paymentIntent;
  };

  /** Stripe's own client, as somebody at Stripe's dashboard. */
  const dashboard = new Stripe(stand.secretKey, { ...stand.client, telemetry: false });

  const showTopUp = async (id: string) => (await call('GET', `/v1/top-ups/${id}`)).body;

  /** The ledger is sound, and says to the cent what the provider has for us. */
  const check = async (): Promise<void> => {
    await settle();
    expect(checkInvariants(await scanLedger(runtime.database))).toEqual([]);
    expect(await control.violations()).toEqual([]);
    const { net } = await control.totals();
    expect(-(await sumAccount(runtime.database, 'ext:stripe'))).toBe(BigInt(net) * 10_000n);
  };

  const pay = (url: string) => visitPayPage(url);

  /** The provider's own sums, in cents. */
  const totals = async () => {
    const { captured, refunded, disputed } = await control.totals();
    return { captured, refunded, disputed };
  };

  closers.push(() => stand.close());
  return {
    ...{ runtime, needs, control, stand, secrets, endpointId, organisationId, owner, messages },
    ...{ call, deliver, settle, balances, topUp, showTopUp, paymentOf, pay, totals },
    ...{ dashboard, check },
    webhookSecret,
  };
};

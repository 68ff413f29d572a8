/** What all of Stripe's API shares: keys, versions, idempotency, paging, expansion, broken connections. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Stripe } from 'stripe';
import { startStripeStandIn } from '../../../local/stripe/stand-in.ts';
import { temporaryFolder } from '../../agent/support/folders.ts';
import { seededRandomness } from '../../support/runtime.ts';
import { all, makeCustomer, pay, refusalOf, setup, setupChecked } from './service.ts';

const payment = {
  ...{ amount: 2000, currency: 'usd', confirm: true, off_session: true },
  payment_method: 'pm_card_visa',
};

describe('a request', () => {
  it('needs the right key and the right version', async () => {
    const { stand } = await setupChecked();
    const other = new Stripe('sk_test_other', stand.client);
    expect(await refusalOf(other.events.list())).toMatchObject({
      ...{ type: 'StripeAuthenticationError', statusCode: 401, requestId: expect.any(String) },
    });
    const ask = async (headers: Record<string, string>, path = '/v1/events') => {
      const answer = await fetch(`${stand.url}${path}`, { headers });
      const { error } = (await answer.json()) as { error?: { message: string } };
      return [answer.status, error?.message];
    };
    const version = { 'stripe-version': Stripe.API_VERSION };
    const basic = `Basic ${Buffer.from(`${stand.secretKey}:`).toString('base64')}`;
    expect(await ask(version)).toEqual([
      401,
      expect.stringContaining('did not provide an API key'),
    ]);
    expect(await ask({ ...version, authorization: basic })).toEqual([200, undefined]);
    expect(await ask({ authorization: basic })).toEqual([400, expect.stringContaining('version')]);
    expect(await ask({ ...version, authorization: basic }, '/v1/invoices')).toEqual([
      404,
      expect.stringContaining('does not serve'),
    ]);
  });

  it('of a live stand-in says so in what it makes', async () => {
    const service = await setupChecked({ livemode: true, secretKey: 'sk_live_stand_in' });
    const { id } = await pay(service);
    expect(await service.stripe.paymentIntents.retrieve(id)).toMatchObject({ livemode: true });
    const [event] = (await service.stripe.events.list()).data;
    expect(event?.livemode).toBe(true);
  });
});

describe('an idempotency key', () => {
  it('makes one payment of many requests at once', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const idempotencyKey = 'topup:org_1:1';
    const calls = Array.from({ length: 8 }, () =>
      stripe.paymentIntents.create(payment, { idempotencyKey }),
    );
    const ids = (await Promise.all(calls)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    expect((await control.totals()).captured).toBe(2000);
    const replayed = (await control.requests()).filter((each) => each.replayed);
    expect(replayed).toHaveLength(7);
  });

  it('refuses other parameters and other endpoints', async () => {
    const { stripe } = await setupChecked();
    const idempotencyKey = 'one';
    await stripe.paymentIntents.create(payment, { idempotencyKey });
    const other = stripe.paymentIntents.create({ ...payment, amount: 2001 }, { idempotencyKey });
    expect(await refusalOf(other)).toMatchObject({
      type: 'StripeIdempotencyError',
      statusCode: 400,
    });
    const elsewhere = await refusalOf(stripe.customers.create({}, { idempotencyKey }));
    expect(elsewhere.message).toContain('/v1/payment_intents');
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it('keeps a refusal as well, but not of a request that was malformed, and for a day', async () => {
    const { stripe, clock, control } = await setupChecked();
    const options = { idempotencyKey: 'declined' };
    const declined = { ...payment, payment_method: 'pm_card_visa_chargeDeclined' };
    const first = await refusalOf(stripe.paymentIntents.create(declined, options));
    const second = await refusalOf(stripe.paymentIntents.create(declined, options));
    expect(second.payment_intent?.id).toBe(first.payment_intent?.id);
    const malformed = { idempotencyKey: 'malformed' };
    await refusalOf(stripe.paymentIntents.create({ ...payment, bogus: 1 } as never, malformed));
    await stripe.paymentIntents.create(payment, malformed);
    clock.ms += 86_400_000;
    const later = await refusalOf(stripe.paymentIntents.create(declined, options));
    expect(later.payment_intent?.id).not.toBe(first.payment_intent?.id);
    expect((await control.totals()).payments).toHaveLength(1);
  });
});

describe('a connection that breaks', () => {
  it('after the payment was made leaves one payment, for the client asks again', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    await control.dropAnswers({ method: 'POST', path: '/v1/payment_intents' });
    const intent = await stripe.paymentIntents.create(payment, { idempotencyKey: 'one' });
    const made = (await stripe.paymentIntents.list()).data;
    expect(made.map(({ id }) => id)).toEqual([intent.id]);
    const notes = (await control.requests()).filter(({ method }) => method === 'POST');
    expect(notes.map(({ replayed }) => replayed)).toEqual([false, true]);
  });

  it('too often leaves one payment too, found under the same key', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const options = { idempotencyKey: 'one', maxNetworkRetries: 0 };
    await control.dropAnswers({ method: 'POST', times: 2 });
    const lost = await refusalOf(stripe.paymentIntents.create(payment, options));
    expect(lost.type).toBe('StripeConnectionError');
    const intent = await stripe.paymentIntents.create(payment, options);
    expect((await all(stripe.paymentIntents.list())).map(({ id }) => id)).toEqual([intent.id]);
  });

  it('before anything happened leaves nothing', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const options = { maxNetworkRetries: 0 };
    await control.failRequests({ status: 429, path: '/v1/payment_intents' });
    const limited = await refusalOf(stripe.paymentIntents.create(payment, options));
    expect(limited.type).toBe('StripeRateLimitError');
    await control.failRequests({ status: 503, times: 2 });
    const down = await refusalOf(stripe.paymentIntents.create(payment, options));
    expect(down).toMatchObject({ type: 'StripeAPIError', statusCode: 503 });
    await refusalOf(stripe.paymentIntents.list({}, options));
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
  });
});

describe('a list', () => {
  it('is paged, newest first, forwards and backwards', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const made: string[] = [];
    for (let n = 0; n < 7; n += 1)
      made.unshift((await stripe.customers.create({ name: `${n}` })).id);
    const first = await stripe.customers.list({ limit: 3 });
    expect(first).toMatchObject({ object: 'list', has_more: true, url: '/v1/customers' });
    expect(first.data.map(({ id }) => id)).toEqual(made.slice(0, 3));
    const rest = await stripe.customers.list({ limit: 4, starting_after: made[2] ?? '' });
    expect([rest.has_more, rest.data.map(({ id }) => id)]).toEqual([false, made.slice(3)]);
    const before = await stripe.customers.list({ limit: 2, ending_before: made[4] ?? '' });
    expect([before.has_more, before.data.map(({ id }) => id)]).toEqual([true, made.slice(2, 4)]);
    const everything = await all(stripe.customers.list({ limit: 2 }));
    expect(everything.map(({ id }) => id)).toEqual(made);
    const lost = await refusalOf(stripe.customers.list({ starting_after: 'cus_none' }));
    expect(lost).toMatchObject({ code: 'resource_missing', param: 'starting_after' });
  });

  it('is bounded by time and by the kind of event', async () => {
    const service = await setupChecked();
    const { stripe, clock } = service;
    await pay(service);
    clock.ms += 60_000;
    const since = Math.floor(clock.ms / 1000);
    const { id } = await pay(service);
    const recent = await stripe.paymentIntents.list({ created: { gte: since } });
    expect(recent.data.map((each) => each.id)).toEqual([id]);
    const types = ['charge.succeeded', 'payment_intent.succeeded'];
    const events = await stripe.events.list({ types, created: { gt: since - 1, lte: since } });
    expect(events.data.map(({ type }) => type)).toEqual(types.toReversed());
    const older = await stripe.balanceTransactions.list({ created: { lt: since }, type: 'charge' });
    expect(older.data).toHaveLength(1);
    clock.ms += 2 * 86_400_000;
    const [available] = (await stripe.balanceTransactions.list()).data;
    expect(available?.status).toBe('available');
  });

  it('expands what it lists, and refuses what cannot be expanded', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { customer, method } = await makeCustomer(service);
    await pay(service, { customer, payment_method: method });
    const expand = [
      'data.latest_charge.balance_transaction',
      'data.customer',
      'data.payment_method',
    ];
    const [intent] = (await stripe.paymentIntents.list({ expand })).data;
    expect(intent).toMatchObject({
      latest_charge: { balance_transaction: { fee: 88 } },
      customer: { email: 'jo@example.com' },
      payment_method: { card: { last4: '4242' } },
    });
    const [booked] = (await stripe.balanceTransactions.list({ expand: ['data.source'] })).data;
    expect(booked?.source).toMatchObject({ object: 'charge' });
    const wrong = await refusalOf(stripe.paymentIntents.list({ expand: ['data.amount_nothing'] }));
    expect(wrong.message).toContain('cannot be expanded (data.amount_nothing)');
  });
});

describe('the stand-in', () => {
  it('finds its payments, keys and endpoints again after a restart', async () => {
    const stateFile = `${temporaryFolder()}/stripe.json`;
    const before = await setup({ stateFile });
    const idempotencyKey = 'one';
    const intent = await before.stripe.paymentIntents.create(payment, { idempotencyKey });
    await before.check();
    const after = await setup({ stateFile, randomness: seededRandomness('after') });
    const again = await after.stripe.paymentIntents.create(payment, { idempotencyKey });
    expect(again.id).toBe(intent.id);
    const { id } = await after.stripe.refunds.create({ payment_intent: intent.id, amount: 700 });
    expect(id).toMatch(/^re_/);
    expect(await after.control.totals()).toMatchObject({ captured: 2000, refunded: 700 });
    await after.check();
  });

  it('takes commands as JSON alone, and none that it does not know', async () => {
    const { stand, control } = await setupChecked();
    const send = async (command: string, type: string) =>
      (
        await fetch(`${stand.url}/_control/${command}`, {
          ...{ method: 'POST', headers: { 'content-type': type }, body: 'null' },
        })
      ).status;
    expect(await send('totals', 'application/json')).toBe(200);
    expect(await send('totals', 'text/plain')).toBe(404);
    expect(await send('constructor', 'application/json')).toBe(404);
    const refused = control.openDispute({ paymentIntent: 'pi_none' });
    await expect(refused).rejects.toThrow("No such payment_intent: 'pi_none'");
    expect((await fetch(`${stand.url}/elsewhere`)).status).toBe(404);
  });

  it('reports what stripe-mock refuses of what it took itself', async () => {
    const asked: string[] = [];
    const mock = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const refuses = request.method === 'POST' && request.url === '/v1/refunds';
      response.writeHead(refuses ? 400 : 200).end('{"error":{"message":"no such property"}}');
    });
    await new Promise<void>((resolve) => mock.listen(0, '127.0.0.1', resolve));
    const { port } = mock.address() as AddressInfo;
    const stand = await startStripeStandIn({
      ...{ nowMs: () => 0, randomness: seededRandomness('mock') },
      stripeMockUrl: `http://127.0.0.1:${port}`,
    });
    const stripe = new Stripe(stand.secretKey, stand.client);
    const { id: payment_intent } = await stripe.paymentIntents.create(payment);
    await stripe.refunds.create({ payment_intent });
    // What the stand-in refuses itself is no violation; stripe-mock is not even asked.
    await refusalOf(stripe.refunds.create({ bogus: 1 } as never));
    await stripe.events.list({ limit: 1 });
    expect(asked).toEqual([
      'POST /v1/payment_intents',
      'POST /v1/refunds',
      'GET /v1/events?limit=1',
    ]);
    expect(await stand.control.violations()).toEqual([
      { method: 'POST', path: '/v1/refunds', message: 'no such property' },
    ]);
    await stand.close();
    mock.close();
    mock.closeAllConnections();
  });
});

/** The edge of webhooks: what is signed passes, everything else is refused with a reason and kept nowhere. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { requireStripeSignature } from '../../../functions/payments/cards/webhook-check.ts';
import { webhookRoutes } from '../../../functions/payments/webhook-routes.ts';
import { minuteMs, secondMs } from '../../../shared/core/time.ts';
import { callHttp } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { startMs, testRuntime } from '../../support/runtime.ts';
import { cardService } from './card-service.ts';

const eventOf = (changes: object = {}) =>
  JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.succeeded',
    livemode: false,
    created: startMs / secondMs,
    data: { object: { id: 'pi_unknown', object: 'payment_intent', description: 'Zürich, 北京' } },
    ...changes,
  });

const setup = async () => {
  const service = await cardService();
  const secret = service.secrets.get(service.webhookSecret)?.current ?? '';
  const sign = (payload: string, atMs = startMs, key = secret) =>
    service.dashboard.webhooks.generateTestHeaderString({
      payload,
      secret: key,
      timestamp: Math.floor(atMs / secondMs),
    });
  return { ...service, sign, secret };
};

const dollar = 1_000_000n;

describe('a signed event', () => {
  it.each([
    ['a text', (body: string) => body],
    ['Base64', (body: string) => Buffer.from(body)],
  ])('is kept as it came, and queued: %s', async (_, form) => {
    const { deliver, sign, messages, runtime } = await setup();
    const body = eventOf();
    expect(Buffer.byteLength(body)).toBeGreaterThan(body.length);
    expect(await deliver(form(body), sign(body))).toMatchObject({
      status: 200,
      body: { received: true },
    });
    expect(messages).toEqual(['{"event_id":"evt_1"}']);
    const [kept] = runtime.database.all('payments').filter(({ pk }) => pk === 'EV#evt_1');
    expect(kept?.['body']).toBe(body);
  });

  it('is queued again as long as its work is not done, and not after that', async () => {
    const { deliver, sign, messages, settle } = await setup();
    const body = eventOf();
    await deliver(body, sign(body));
    await deliver(body, sign(body));
    expect(messages).toHaveLength(2);
    expect(await settle()).toBe(0);
    await deliver(body, sign(body));
    expect(messages).toEqual([]);
  });

  it('passes with signatures of two secrets, while it is rolled at the provider', async () => {
    const { deliver, sign } = await setup();
    const body = eventOf();
    const [time, ours] = sign(body).split(',');
    const [, other] = sign(body, startMs, 'whsec_other').split(',');
    for (const signature of [`${time},${other},${ours}`, `${time},${ours},${other}`]) {
      expect((await deliver(body, signature)).status).toBe(200);
    }
    expect((await deliver(body, `${time},${other},${other}`)).status).toBe(401);
  });

  it.each([-300, 300])('passes five minutes away from our clock: %i s', async (seconds) => {
    const { deliver, sign } = await setup();
    const body = eventOf();
    expect((await deliver(body, sign(body, startMs + seconds * secondMs))).status).toBe(200);
  });

  it('passes with the secret before, while the new one spreads', async () => {
    const { deliver, sign, secrets, webhookSecret, secret } = await setup();
    secrets.set(webhookSecret, { current: 'whsec_new', previous: secret });
    const body = eventOf();
    expect((await deliver(body, sign(body))).status).toBe(200);
    expect((await deliver(body, sign(body, startMs, 'whsec_new'))).status).toBe(200);
    secrets.set(webhookSecret, { current: 'whsec_newer', previous: 'whsec_new' });
    expect((await deliver(body, sign(body))).status).toBe(401);
  });
});

describe('what is not signed now', () => {
  it.each<[string, (made: Awaited<ReturnType<typeof setup>>) => [string, string | undefined]]>([
    ['nothing', () => [eventOf(), undefined]],
    ['rubbish', () => [eventOf(), 'v1=00']],
    ['another secret', ({ sign }) => [eventOf(), sign(eventOf(), startMs, 'whsec_other')]],
    ['another body', ({ sign }) => [eventOf(), sign(eventOf({ type: 'charge.refunded' }))]],
    [
      'the same JSON written anew',
      ({ sign }) => [eventOf(), sign(JSON.stringify(JSON.parse(eventOf()), null, 2))],
    ],
    [
      'the text in Base64',
      ({ sign }) => {
        const encoded = Buffer.from(eventOf()).toString('base64');
        return [eventOf(), sign(encoded)];
      },
    ],
    ['301 seconds ahead', ({ sign }) => [eventOf(), sign(eventOf(), startMs + 301 * secondMs)]],
    ['301 seconds ago', ({ sign }) => [eventOf(), sign(eventOf(), startMs - 301 * secondMs)]],
    ['a day ahead', ({ sign }) => [eventOf(), sign(eventOf(), startMs + 24 * 60 * minuteMs)]],
    [
      'an old time behind a new one',
      ({ sign }) => [
        eventOf(),
        `t=${startMs / secondMs},${sign(eventOf(), startMs - 24 * 60 * minuteMs)}`,
      ],
    ],
  ])('is refused: %s', async (_, make) => {
    const made = await setup();
    const [body, signature] = make(made);
    const answer = await made.deliver(body, signature);
    expect(answer).toMatchObject({ status: 401, body: { code: 'webhook.signature_invalid' } });
    expect(made.messages).toEqual([]);
    expect(made.runtime.database.all('payments')).toEqual([]);
    // Neither the secret nor the body stands in what is answered.
    expect(JSON.stringify(answer.body)).not.toContain(made.secret);
  });
});

describe('what is signed and not ours', () => {
  it.each([
    ['webhook.wrong_mode', { livemode: true }],
    ['webhook.other_account', { account: 'acct_other' }],
    ['webhook.unreadable', { data: undefined }],
    ['webhook.unreadable', { id: 'not an event' }],
  ])('is refused: %s', async (code, changes) => {
    const { deliver, sign, messages, runtime } = await setup();
    const body = eventOf(changes);
    expect((await deliver(body, sign(body))).body).toMatchObject({ code });
    expect(messages).toEqual([]);
    expect(runtime.database.all('payments')).toEqual([]);
  });

  it('is refused where money is real: an event of test mode, and the log says so (S11)', async () => {
    const { sign, secret } = await setup();
    const runtime = testRuntime();
    const messages: object[] = [];
    const events = { send: async (message: object) => void messages.push(message) };
    const secrets = { read: async () => secret, readPrevious: async () => undefined };
    const keyMode = 'live' as const;
    const serve = httpFunction({ ...runtime, keyMode, events }, webhookRoutes, {
      keyMode,
      requireWebhook: requireStripeSignature(secrets, 'arn:webhook'),
    });
    const deliver = (rawBody: string) =>
      callHttp(serve, {
        method: 'POST',
        path: '/v1/webhooks/stripe',
        rawBody,
        headers: { 'stripe-signature': sign(rawBody) },
      });
    const refused = await deliver(eventOf({ livemode: false }));
    expect(refused.body).toMatchObject({ code: 'webhook.wrong_mode' });
    expect(runtime.lines).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'webhook.refused', reason: 'wrong_mode' }),
    );
    expect(messages).toEqual([]);
    expect((await deliver(eventOf({ livemode: true }))).status).toBe(200);
    expect(messages).toHaveLength(1);
  });

  it('goes by the payment that the provider shows, not by what the event says of it', async () => {
    const service = await setup();
    const { deliver, sign, settle, balances, control, topUp, check } = service;
    await control.drop({ types: ['*'] });
    const paid = await service.paymentOf(await topUp(5n * dollar));
    await topUp(7n * dollar, '4000000000009995');
    const { data: payments } = await service.dashboard.paymentIntents.list();
    const unpaid = payments.find(({ status }) => status === 'requires_payment_method')?.id;
    expect(unpaid).toBeDefined();
    for (const [index, id] of [unpaid, 'pi_never', paid].entries()) {
      const object = {
        ...{ id, object: 'payment_intent', status: 'succeeded', currency: 'usd' },
        ...{ amount: 100_000, amount_received: 100_000 },
      };
      const body = eventOf({ id: `evt_says_${index}`, data: { object } });
      expect((await deliver(body, sign(body))).status).toBe(200);
      expect(await settle()).toBe(0);
      const available = id === paid ? 5n * dollar : 0n;
      expect(await balances()).toMatchObject({ available });
    }
    await check();
  });

  it('freezes nobody for a warning of fraud that the provider does not know', async () => {
    const { deliver, sign, settle, topUp, paymentOf, call, control } = await setup();
    const paymentId = await paymentOf(await topUp(5n * dollar));
    await settle();
    const warns = {
      type: 'radar.early_fraud_warning.created',
      data: {
        object: {
          ...{ id: 'issfr_1', object: 'radar.early_fraud_warning' },
          payment_intent: paymentId,
        },
      },
    };
    const order = {
      amount: { amount: '5000000', currency: 'usd' },
      success_url: 'https://c.test/',
    };
    const next = async () => (await call('POST', '/v1/top-ups', { body: order })).status;
    const forged = eventOf(warns);
    expect((await deliver(forged, sign(forged))).status).toBe(200);
    expect(await settle()).toBe(0);
    expect(await next()).toBe(201);
    // The same event is believed once the provider says so itself.
    await control.drop({ types: ['*'] });
    await control.warnOfFraud({ paymentIntent: paymentId });
    const told = eventOf({ ...warns, id: 'evt_2' });
    expect((await deliver(told, sign(told))).status).toBe(200);
    expect(await settle()).toBe(0);
    expect(await next()).toBe(403);
  });

  it('ends the top-up of the page that closed, not the one that the event names', async () => {
    const service = await setup();
    const { deliver, sign, settle, call, control, dashboard, runtime, showTopUp } = service;
    await control.drop({ types: ['*'] });
    const made = async (key?: string) => {
      const answer = await call('POST', '/v1/top-ups', {
        body: { amount: { amount: '5000000', currency: 'usd' }, success_url: 'https://c.test/' },
        ...(key === undefined ? {} : { key }),
      });
      return answer.body.id as string;
    };
    const stranger = await makeKey(runtime, await makeOrganisation(runtime, 'Other'), 'owner');
    const mine = await made();
    const [page] = (await dashboard.checkout.sessions.list()).data;
    const theirs = await made(stranger);
    await dashboard.checkout.sessions.expire(page?.id ?? '');
    const object = {
      ...{ id: page?.id, object: 'checkout.session', status: 'expired', payment_intent: null },
      metadata: { top_up_id: theirs },
    };
    const body = eventOf({ type: 'checkout.session.expired', data: { object } });
    expect((await deliver(body, sign(body))).status).toBe(200);
    expect(await settle()).toBe(0);
    const { body: others } = await call('GET', `/v1/top-ups/${theirs}`, { key: stranger });
    expect(others.status).toBe('pending');
    expect((await showTopUp(mine)).status).toBe('expired');
    // A page that never was is nobody's.
    const never = eventOf({ id: 'evt_2', data: { object: { ...object, id: 'cs_never' } } });
    expect((await deliver(never, sign(never))).status).toBe(200);
    expect(await settle()).toBe(0);
  });

  it('ends no top-up by a page that is not its own', async () => {
    const { deliver, sign, settle, call, control, dashboard, showTopUp } = await setup();
    await control.drop({ types: ['*'] });
    const { body: topUp } = await call('POST', '/v1/top-ups', {
      body: { amount: { amount: '5000000', currency: 'usd' }, success_url: 'https://c.test/' },
    });
    const other = await dashboard.checkout.sessions.create({
      ...{ mode: 'setup', currency: 'usd', success_url: 'https://c.test/' },
      metadata: { top_up_id: topUp.id },
    });
    await dashboard.checkout.sessions.expire(other.id);
    const object = { id: other.id, object: 'checkout.session' };
    const body = eventOf({ type: 'checkout.session.expired', data: { object } });
    expect((await deliver(body, sign(body))).status).toBe(200);
    expect(await settle()).toBe(0);
    expect((await showTopUp(topUp.id)).status).toBe('pending');
  });
});

/** The edge of webhooks: what is signed passes, everything else is refused with a reason and kept nowhere. */
import { minuteMs, secondMs } from '../../shared/core/time.ts';
import { startMs } from '../support/runtime.ts';
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

describe('a signed event', () => {
  it('is kept as it came, and queued', async () => {
    const { deliver, sign, messages, runtime } = await setup();
    const body = eventOf();
    expect(await deliver(body, sign(body))).toMatchObject({
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
    const { deliver, sign, messages } = await setup();
    const body = eventOf(changes);
    expect((await deliver(body, sign(body))).body).toMatchObject({ code });
    expect(messages).toEqual([]);
  });

  it('goes by the payment that the provider shows, not by what the event says of it', async () => {
    const { deliver, sign, settle, balances } = await setup();
    const body = eventOf({
      data: {
        object: { id: 'pi_never', object: 'payment_intent', status: 'succeeded', amount: 100_000 },
      },
    });
    expect((await deliver(body, sign(body))).status).toBe(200);
    expect(await settle()).toBe(0);
    expect(await balances()).toMatchObject({ available: 0n });
  });
});

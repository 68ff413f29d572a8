/** Signed webhooks, and everything that can happen to them on the way. */
import { Stripe } from 'stripe';
import { pay, type Received, setupChecked, startSeconds } from './service.ts';

const eventOf = ({ body }: Received) => JSON.parse(String(body)) as Stripe.Event;

describe('webhooks', () => {
  it('are signed, say what the API says, and come once and in order', async () => {
    const service = await setupChecked();
    const { stripe, receiver, verify, received } = service;
    const { id } = await pay(service, { metadata: { org: 'org_1' } });
    const types = [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
      'charge.updated',
    ];
    expect(await received()).toEqual(types);
    const events = receiver.received.map((each) => verify(each));
    expect(events[2]).toMatchObject({
      ...{
        object: 'event',
        livemode: false,
        created: startSeconds,
        api_version: Stripe.API_VERSION,
      },
      data: { object: { id, status: 'succeeded', metadata: { org: 'org_1' } } },
      request: { id: expect.stringMatching(/^req_/), idempotency_key: expect.any(String) },
    });
    const listed = (await stripe.events.list()).data.toReversed();
    expect(listed.map(({ type }) => type)).toEqual(types);
    expect(await stripe.events.retrieve(events[2]?.id ?? '')).toMatchObject({
      pending_webhooks: 0,
    });
  });

  it('go to the endpoints that want them', async () => {
    const service = await setupChecked();
    const { control, receiver, endpointId, received } = service;
    await control.removeEndpoint({ id: endpointId });
    await control.addEndpoint({
      url: receiver.url,
      events: ['charge.*', 'payment_intent.succeeded'],
    });
    await pay(service);
    const wanted = ['charge.succeeded', 'payment_intent.succeeded', 'charge.updated'];
    expect(await received()).toEqual(wanted);
  });

  it('verify with both secrets while one is rolled, and with the new one after', async () => {
    const service = await setupChecked();
    const { control, receiver, endpointId, secret, verify, received } = service;
    const rolled = await control.rollSecret({ id: endpointId });
    await pay(service);
    await received();
    const [during] = receiver.received.splice(0);
    if (during === undefined) throw new Error('nothing came');
    expect(verify(during, secret).id).toBe(verify(during, rolled.secret).id);
    await control.finishRoll({ id: endpointId });
    await pay(service);
    await received();
    const [after] = receiver.received;
    if (after === undefined) throw new Error('nothing came');
    expect(verify(after, rolled.secret).type).toBe('payment_intent.created');
    expect(() => verify(after, secret)).toThrow(Stripe.errors.StripeSignatureVerificationError);
  });

  it('come many times, not at all, and again when they are asked for', async () => {
    const service = await setupChecked();
    const { stripe, control, receiver, verify, received } = service;
    await control.duplicate({ types: ['payment_intent.succeeded'], copies: 10 });
    await control.drop({ types: ['charge.*'] });
    await pay(service);
    const types = await received();
    expect(types).toEqual([
      'payment_intent.created',
      ...Array(10).fill('payment_intent.succeeded'),
    ]);
    const ids = receiver.received.slice(1).map((each) => verify(each).id);
    expect(new Set(ids).size).toBe(1);
    const [dropped] = (await stripe.events.list({ types: ['charge.succeeded'] })).data;
    expect(await control.resend({ id: dropped?.id ?? '' })).toEqual([200]);
    expect((await received()).slice(-1)).toEqual(['charge.succeeded']);
  });

  it('wait until they are released, in any order and any number', async () => {
    const service = await setupChecked();
    const { stripe, control, received } = service;
    await control.hold({ types: ['*'] });
    const { id: payment_intent } = await pay(service);
    await stripe.refunds.create({ payment_intent });
    expect(await received()).toEqual([]);
    const held = await control.held();
    const made = held.map(({ type }) => type);
    expect(made).toEqual([
      ...['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'],
      ...['charge.updated', 'refund.created', 'charge.refunded'],
    ]);
    const refunded = held.find(({ type }) => type === 'charge.refunded')?.id ?? '';
    await control.release({ order: [refunded, refunded] });
    expect(await received()).toEqual(['charge.refunded', 'charge.refunded']);
    await control.release({ order: 'reversed' });
    expect((await received()).slice(2)).toEqual(made.slice(0, -1).toReversed());
    await control.clearRules();
    await pay(service);
    expect(await received()).toHaveLength(11);
  });

  it('are late when the clock says so', async () => {
    const service = await setupChecked();
    const { control, clock, receiver, verify, received } = service;
    await control.delay({ types: ['payment_intent.succeeded'], byMs: 3_600_000, events: 1 });
    await pay(service);
    await control.sendDue();
    expect(await received()).not.toContain('payment_intent.succeeded');
    clock.ms += 3_600_000;
    await control.sendDue();
    expect((await received()).slice(-1)).toEqual(['payment_intent.succeeded']);
    const last = receiver.received.at(-1);
    expect(last && verify(last).created).toBe(startSeconds);
  });

  it('that were refused or not answered are sent again on demand', async () => {
    const service = await setupChecked();
    const { stripe, control, receiver, received } = service;
    receiver.answers.push(500);
    await pay(service);
    await received();
    const pending = await stripe.events.list({ delivery_success: false });
    expect(pending.data).toMatchObject([{ type: 'payment_intent.created', pending_webhooks: 1 }]);
    await control.retryFailed();
    expect((await received()).slice(-1)).toEqual(['payment_intent.created']);
    const statuses = (await control.deliveries()).map(({ status }) => status);
    expect(statuses).toEqual([500, 200, 200, 200, 200]);
    expect((await stripe.events.list({ delivery_success: false })).data).toEqual([]);
  });

  it('that were refused are sent again by themselves where that is wanted', async () => {
    const service = await setupChecked({ retryAfterMs: [0, 0] });
    const { receiver, verify } = service;
    receiver.answers.push(500, 500);
    await service.stripe.customers.create();
    await receiver.until(3);
    const ids = receiver.received.map((each) => verify(each).id);
    expect(new Set(ids).size).toBe(1);
  });

  it('that nobody listens to fail without harm', async () => {
    const service = await setupChecked();
    const { control, endpointId, received } = service;
    await control.removeEndpoint({ id: endpointId });
    await control.addEndpoint({ url: 'http://127.0.0.1:1/', events: ['payment_intent.succeeded'] });
    await pay(service);
    await received();
    expect(await control.deliveries()).toMatchObject([{ status: null }]);
  });

  it('can be disguised: wrong secret, old, early, written anew, of another mode or account', async () => {
    const service = await setupChecked();
    const { stripe, control, clock, receiver, verify, received } = service;
    await pay(service);
    await received();
    const [event] = (await stripe.events.list({ type: 'payment_intent.succeeded' })).data;
    const id = event?.id ?? '';
    const next = async (disguise: Omit<Parameters<typeof control.resend>[0], 'id'>) => {
      await control.resend({ id, ...disguise });
      const last = receiver.received.at(-1);
      if (last === undefined) throw new Error('nothing came');
      return last;
    };
    const wrong = Stripe.errors.StripeSignatureVerificationError;
    const forged = await next({ secret: 'whsec_other' });
    expect(() => verify(forged)).toThrow(wrong);
    const old = await next({ signedAtMs: clock.ms - 301_000 });
    expect(() => verify(old)).toThrow('Timestamp outside the tolerance zone');
    const early = await next({ signedAtMs: clock.ms + 86_400_000 });
    // Stripe's own verification lets a time in the future pass.
    expect(verify(early).id).toBe(id);
    const anew = await next({ reserialised: true });
    expect(eventOf(anew)).toEqual(event && { ...event, ...eventOf(anew) });
    expect(() => verify(anew)).toThrow(wrong);
    const foreign = await next({ changes: { livemode: true, account: 'acct_other' } });
    expect(verify(foreign)).toMatchObject({ id, livemode: true, account: 'acct_other' });
  });

  it('can be handed over without a connection', async () => {
    const sent: string[] = [];
    const send = async ({ body, signature }: { body: string; signature: string }) => {
      sent.push(Stripe.webhooks.constructEvent(body, signature, 'whsec_here', 0).type);
      return 200;
    };
    const service = await setupChecked({ send });
    await service.control.addEndpoint({ url: 'here', events: ['charge.*'], secret: 'whsec_here' });
    await service.control.removeEndpoint({ id: service.endpointId });
    await pay(service);
    await service.control.settled();
    expect(sent).toEqual(['charge.succeeded', 'charge.updated']);
  });
});

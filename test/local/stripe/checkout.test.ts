/** Checkout Sessions: the pay page with its forms and its 3-D Secure step, saving a card, expiry. */
import type { Stripe } from 'stripe';
import { visitPayPage } from '../../../local/stripe/hosted/visitor.ts';
import { pay, refusalOf, type Setup, setupChecked, startSeconds } from './service.ts';

const successUrl = 'https://console.example/paid?session={CHECKOUT_SESSION_ID}';

const openSession = async (
  { stripe }: Pick<Setup, 'stripe'>,
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
) => {
  const customer = await stripe.customers.create({
    email: 'jo@example.com',
    name: 'Jo <i>Doe</i>',
  });
  const line = (name: string, unit_amount: number) => ({
    quantity: 1,
    price_data: { currency: 'usd', unit_amount, product_data: { name } },
  });
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    customer: customer.id,
    client_reference_id: 'org_1',
    metadata: { org: 'org_1' },
    line_items: [line('Credits', 2000), line('Payment provider fee', 91)],
    payment_intent_data: { metadata: { org: 'org_1' }, setup_future_usage: 'off_session' },
    success_url: successUrl,
    cancel_url: 'https://console.example/billing',
    allowed_payment_method_types: ['card'],
    ...more,
  });
  return { customer: customer.id, session, url: session.url ?? '' };
};

const cards = {
  threeDSecure: '4000002500003155',
  insufficient: '4000 0000 0000 9995',
  disputed: '4000000000000259',
  warned: '4000000000005423',
};

describe('a session that pays', () => {
  it('has a page with its lines, labelled fields and nothing unescaped', async () => {
    const service = await setupChecked();
    const { session, url } = await openSession(service);
    expect(session).toMatchObject({
      ...{ status: 'open', payment_status: 'unpaid', payment_intent: null, amount_total: 2091 },
      ...{ client_reference_id: 'org_1', expires_at: startSeconds + 86_400 },
    });
    const html = await (await fetch(url)).text();
    for (const part of ['Pay 20.91 USD', 'Credits', 'Payment provider fee', '20.00 USD']) {
      expect(html).toContain(part);
    }
    expect(html).not.toContain('<i>');
    for (const name of ['email', 'number', 'expiry', 'cvc', 'name']) {
      expect(html).toContain(`<label for="${name}">`);
      expect(html).toContain(`<input id="${name}"`);
    }
  });

  it('is paid on its page, and saves the card', async () => {
    const service = await setupChecked();
    const { stripe, received } = service;
    const { session, url, customer } = await openSession(service);
    const visited = await visitPayPage(url);
    expect(visited).toMatchObject({
      location: `https://console.example/paid?session=${session.id}`,
    });
    const after = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['payment_intent.latest_charge', 'line_items'],
    });
    expect(after).toMatchObject({
      ...{ status: 'complete', payment_status: 'paid', url: null },
      payment_intent: {
        ...{ status: 'succeeded', metadata: { org: 'org_1' }, latest_charge: { amount: 2091 } },
      },
      line_items: { data: [{ description: 'Credits' }, { description: 'Payment provider fee' }] },
    });
    expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(1);
    const names = await received();
    expect(names.slice(-5)).toEqual([
      ...['charge.succeeded', 'payment_method.attached', 'payment_intent.succeeded'],
      ...['charge.updated', 'checkout.session.completed'],
    ]);
    // Its page sends a visitor who comes back to the same place.
    const back = await fetch(url, { redirect: 'manual' });
    expect(back.headers.get('location')).toContain(session.id);
  });

  it('stays open while cards are refused, with one payment intent', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const { session, url } = await openSession(service);
    const refused = await visitPayPage(url, { number: cards.insufficient });
    expect(refused).toEqual({
      ...{ location: null, error: 'Your card has insufficient funds.', status: 402 },
    });
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
    await visitPayPage(url);
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
    expect(await control.totals()).toMatchObject({ captured: 2091, fees: 91 });
  });

  it('takes no card that is incomplete, expired or real', async () => {
    const service = await setupChecked();
    const { url } = await openSession(service);
    const typed = {
      'Your card number is incomplete.': { number: '4242' },
      "Your card's expiration date is incomplete.": { expiry: '13 / 34' },
      "Your card's expiration date is in the past.": { expiry: '10 / 26' },
      "Your card's security code is incomplete.": { cvc: '1' },
      'Your card was declined. Your request was in test mode, but used a non test card.': {
        number: '4539578763621486',
      },
    };
    for (const [error, card] of Object.entries(typed)) {
      expect(await visitPayPage(url, card)).toMatchObject({ error, status: 402 });
    }
    expect((await visitPayPage(url, { expiry: '11 / 26' })).location).toContain('/paid');
  });

  it('authenticates its holder, who may fail and try again', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { session, url, customer } = await openSession(service);
    const card = { number: cards.threeDSecure };
    const failed = await visitPayPage(url, { ...card, authenticate: 'fail' });
    expect(failed).toMatchObject({ location: null, status: 200 });
    expect(failed.error).toMatch('unable to authenticate');
    expect((await visitPayPage(url, card)).location).toContain(session.id);
    const [charge] = (await stripe.charges.list()).data;
    expect(charge?.payment_method_details?.card?.three_d_secure?.result).toBe('authenticated');
    // Saved by an authenticated payment, the card pays without its holder.
    const payment_method = charge?.payment_method ?? '';
    expect((await pay(service, { customer, payment_method })).status).toBe('succeeded');
  });

  it('can complete before its payment does', async () => {
    const service = await setupChecked();
    const { stripe, control, received } = service;
    const { session, url } = await openSession(service);
    await control.setNextOutcomes([{ outcome: 'processing' }]);
    await visitPayPage(url);
    const before = await stripe.checkout.sessions.retrieve(session.id);
    expect(before).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    const paymentIntent = String(before.payment_intent);
    await control.finishProcessing({ paymentIntent, succeeds: true });
    const after = await stripe.checkout.sessions.retrieve(session.id);
    expect(after.payment_status).toBe('paid');
    expect((await received()).slice(-1)).toEqual(['checkout.session.async_payment_succeeded']);
  });

  it('brings about what its test card is for', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    await visitPayPage((await openSession(service)).url, { number: cards.disputed });
    await visitPayPage((await openSession(service)).url, { number: cards.warned });
    const disputes = (await stripe.disputes.list()).data;
    expect(disputes).toMatchObject([
      { amount: 2091, reason: 'fraudulent', status: 'needs_response' },
    ]);
    const warnings = (await stripe.radar.earlyFraudWarnings.list()).data;
    expect(warnings).toMatchObject([{ actionable: true, fraud_type: 'made_with_stolen_card' }]);
  });
});

describe('a session that ends unpaid', () => {
  it('was expired, or its time had come', async () => {
    const service = await setupChecked();
    const { stripe, clock, received } = service;
    const first = await openSession(service);
    const second = await openSession(service, { expires_at: startSeconds + 1_800 });
    expect((await stripe.checkout.sessions.expire(first.session.id)).status).toBe('expired');
    expect(await refusalOf(stripe.checkout.sessions.expire(first.session.id))).toMatchObject({
      ...{ statusCode: 400, type: 'StripeInvalidRequestError' },
    });
    clock.ms += 1_800_000;
    expect((await stripe.checkout.sessions.retrieve(second.session.id)).status).toBe('expired');
    expect(await visitPayPage(second.url)).toMatchObject({ location: null, status: 410 });
    const expired = (await received()).filter((type) => type === 'checkout.session.expired');
    expect(expired).toHaveLength(2);
    const tooSoon = openSession(service, { expires_at: startSeconds });
    expect((await refusalOf(tooSoon)).param).toBe('expires_at');
  });
});

describe('a session that saves a card', () => {
  it('ends with a setup intent and a card that can be charged later', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { id: customer } = await stripe.customers.create();
    const session = await stripe.checkout.sessions.create({
      ...{ mode: 'setup', currency: 'usd', customer, success_url: successUrl },
      setup_intent_data: { metadata: { org: 'org_1' } },
    });
    const setup = await stripe.setupIntents.retrieve(String(session.setup_intent));
    expect(setup).toMatchObject({ status: 'requires_payment_method', metadata: { org: 'org_1' } });
    const refused = await visitPayPage(session.url ?? '', { number: cards.insufficient });
    expect(refused.error).toBe('Your card has insufficient funds.');
    await visitPayPage(session.url ?? '', { number: cards.threeDSecure });
    const after = await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent'] });
    expect(after).toMatchObject({
      ...{ status: 'complete', payment_status: 'no_payment_required' },
      setup_intent: { status: 'succeeded', customer },
    });
    const [method] = (await stripe.paymentMethods.list({ customer })).data;
    const intent = await stripe.paymentIntents.create({
      ...{ amount: 500, currency: 'usd', customer, payment_method: method?.id ?? '' },
      ...{ confirm: true, off_session: true },
    });
    expect(intent.status).toBe('succeeded');
  });
});

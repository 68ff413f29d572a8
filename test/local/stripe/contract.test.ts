/**
 * What the platform relies on of Stripe, told through the API alone, so that it can be asked of Stripe
 * itself: with a test mode's key in STRIPE_SECRET_KEY the same tests run there, otherwise against the
 * stand-in. What Stripe does later is waited for there and is already so here.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Stripe } from 'stripe';
import { pay, refusalOf, setupChecked } from './service.ts';

const realKey = process.env['STRIPE_SECRET_KEY'];
const looksMax = 60;
const lookAgainAfterMs = 1_000;

const connect = async (): Promise<{ readonly stripe: Stripe }> => {
  if (realKey === undefined) return await setupChecked();
  if (!realKey.startsWith('sk_test_'))
    throw new Error('STRIPE_SECRET_KEY is no key of a test mode');
  return { stripe: new Stripe(realKey) };
};

/** The first answer that is there: at once from the stand-in, after a while from Stripe. */
const eventually = async <T>(read: () => Promise<T | undefined | null>): Promise<T> => {
  for (let look = 0; look < looksMax; look += 1) {
    const found = await read();
    if (found !== undefined && found !== null) return found;
    if (realKey === undefined) break;
    await delay(lookAgainAfterMs);
  }
  throw new Error('what was waited for did not come');
};

const balanceOf = (stripe: Stripe, intentId: string) =>
  eventually(async () => {
    const expand = ['latest_charge.balance_transaction'];
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intentId, { expand });
    const booked = charge && typeof charge !== 'string' ? charge.balance_transaction : null;
    return typeof booked === 'string' ? null : booked;
  });

const disputeOf = (stripe: Stripe, payment_intent: string) =>
  eventually(async () => {
    const [dispute] = (await stripe.disputes.list({ payment_intent })).data;
    return dispute?.balance_transactions.length === 0 ? undefined : dispute;
  });

describe('Stripe', () => {
  it('charges a saved card without its holder, and books amount and fee', async () => {
    const { stripe } = await connect();
    const { id: customer } = await stripe.customers.create({ metadata: { org: 'org_1' } });
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    const metadata = { org: 'org_1', topup: 'top_1' };
    const intent = await pay({ stripe }, { customer, payment_method: method.id, metadata });
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: 2000,
      metadata,
      customer,
    });
    const booked = await balanceOf(stripe, intent.id);
    expect(booked).toMatchObject({ amount: 2000, type: 'charge', reporting_category: 'charge' });
    expect(booked.net).toBe(2000 - booked.fee);
    const types = ['payment_intent.succeeded'];
    const events = await stripe.events.list({ types, created: { gte: intent.created } });
    const told = events.data.map(({ data }) => (data.object as { id?: string }).id);
    expect(told).toContain(intent.id);
  });

  it('says why a card was refused', async () => {
    const { stripe } = await connect();
    const payment_method = 'pm_card_visa_chargeDeclinedInsufficientFunds';
    expect(await refusalOf(pay({ stripe }, { payment_method }))).toMatchObject({
      ...{ statusCode: 402, code: 'card_declined', decline_code: 'insufficient_funds' },
      payment_intent: { status: 'requires_payment_method' },
    });
  });

  it('wants the holder where the card must be authenticated', async () => {
    const { stripe } = await connect();
    const { id: customer } = await stripe.customers.create();
    const card = 'pm_card_authenticationRequired';
    const { id: method } = await stripe.paymentMethods.attach(card, { customer });
    const refused = await refusalOf(pay({ stripe }, { customer, payment_method: method }));
    expect(refused.code).toBe('authentication_required');
    const id = refused.payment_intent?.id ?? '';
    const again = { payment_method: method, return_url: 'https://console.example/back' };
    const asked = await stripe.paymentIntents.confirm(id, again);
    expect(asked).toMatchObject({
      ...{ status: 'requires_action', next_action: { type: 'redirect_to_url' } },
    });
  });

  it('makes one payment of one idempotency key, and refuses it other parameters', async () => {
    const { stripe } = await connect();
    const idempotencyKey = `contract ${randomUUID()}`;
    const payment = { amount: 2000, currency: 'usd' };
    const first = await stripe.paymentIntents.create(payment, { idempotencyKey });
    const second = await stripe.paymentIntents.create(payment, { idempotencyKey });
    expect(second.id).toBe(first.id);
    const other = stripe.paymentIntents.create({ ...payment, amount: 2001 }, { idempotencyKey });
    expect((await refusalOf(other)).type).toBe('StripeIdempotencyError');
  });

  it('refunds no more than what is left', async () => {
    const { stripe } = await connect();
    const { id: payment_intent } = await pay({ stripe });
    const refund = await stripe.refunds.create({ payment_intent, amount: 1500 });
    expect(refund).toMatchObject({ status: 'succeeded', amount: 1500 });
    const more = await refusalOf(stripe.refunds.create({ payment_intent, amount: 501 }));
    expect(more).toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError' });
    await stripe.refunds.create({ payment_intent, amount: 500 });
    const nothing = await refusalOf(stripe.refunds.create({ payment_intent, amount: 1 }));
    expect(nothing.code).toBe('charge_already_refunded');
  });

  it('withdraws what is disputed, refuses its refund, and gives it back when it is won', async () => {
    const { stripe } = await connect();
    const { id: payment_intent } = await pay(
      { stripe },
      { payment_method: 'pm_card_createDispute' },
    );
    const dispute = await disputeOf(stripe, payment_intent);
    expect(dispute).toMatchObject({ amount: 2000, reason: 'fraudulent', status: 'needs_response' });
    expect(dispute.balance_transactions[0]).toMatchObject({ amount: -2000, type: 'adjustment' });
    const refused = await refusalOf(stripe.refunds.create({ payment_intent }));
    expect(refused.code).toBe('charge_disputed');
    const evidence = { uncategorized_text: 'winning_evidence' };
    await stripe.disputes.update(dispute.id, { evidence, submit: true });
    const won = await eventually(async () => {
      const now = await stripe.disputes.retrieve(dispute.id);
      return now.status === 'won' && now.balance_transactions.length > 1 ? now : undefined;
    });
    expect(won.balance_transactions.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
  });

  it('warns of fraud before it is disputed', async () => {
    const { stripe } = await connect();
    const payment_method = 'pm_card_createIssuerFraudRecord';
    const { id: payment_intent } = await pay({ stripe }, { payment_method });
    const warning = await eventually(
      async () => (await stripe.radar.earlyFraudWarnings.list({ payment_intent })).data[0],
    );
    expect(warning).toMatchObject({ actionable: true, payment_intent });
  });

  it('opens a page to pay on, which can be ended', async () => {
    const { stripe } = await connect();
    const { id: customer } = await stripe.customers.create();
    const product_data = { name: 'Credits' };
    const session = await stripe.checkout.sessions.create({
      ...{ mode: 'payment', customer, client_reference_id: 'org_1' },
      line_items: [
        { quantity: 1, price_data: { currency: 'usd', unit_amount: 2000, product_data } },
      ],
      payment_intent_data: { metadata: { org: 'org_1' }, setup_future_usage: 'off_session' },
      success_url: 'https://console.example/paid?session={CHECKOUT_SESSION_ID}',
      allowed_payment_method_types: ['card'],
    });
    expect(session).toMatchObject({
      ...{ status: 'open', payment_status: 'unpaid', payment_intent: null, amount_total: 2000 },
    });
    expect((await stripe.checkout.sessions.expire(session.id)).status).toBe('expired');
  });
});

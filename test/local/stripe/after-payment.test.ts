/** Refunds, disputes and early fraud warnings, with what each moves in the balance. */
import { all, pay, refusalOf, setupChecked } from './service.ts';

describe('a refund', () => {
  it('gives back parts until nothing is left, and never more', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const { id: payment_intent, latest_charge: charge } = await pay(service);
    const first = await stripe.refunds.create({
      payment_intent,
      amount: 1500,
      metadata: { n: '1' },
    });
    expect(first).toMatchObject({
      status: 'succeeded',
      amount: 1500,
      metadata: { n: '1' },
      charge,
    });
    expect(await refusalOf(stripe.refunds.create({ payment_intent, amount: 501 }))).toMatchObject({
      statusCode: 400,
      param: 'amount',
      message: 'Refund amount ($5.01) is greater than unrefunded amount on charge ($5.00)',
    });
    expect((await stripe.refunds.create({ payment_intent })).amount).toBe(500);
    const nothing = await refusalOf(stripe.refunds.create({ payment_intent }));
    expect(nothing.code).toBe('charge_already_refunded');
    const after = await stripe.charges.retrieve(String(charge), { expand: ['refunds'] });
    expect(after).toMatchObject({ refunded: true, amount_refunded: 2000 });
    expect(after.refunds?.data).toHaveLength(2);
    // What Stripe took for the charge it keeps.
    expect(await control.totals()).toMatchObject({ captured: 2000, refunded: 2000, net: -88 });
  });

  it('that fails later comes back, and can be made again', async () => {
    const service = await setupChecked();
    const { stripe, control, received } = service;
    const { id: payment_intent } = await pay(service);
    const { id } = await stripe.refunds.create({ payment_intent });
    await control.failRefund({ id });
    expect(await stripe.refunds.retrieve(id)).toMatchObject({
      ...{ status: 'failed', failure_reason: 'expired_or_canceled_card' },
      failure_balance_transaction: expect.stringMatching(/^txn_/),
    });
    expect((await received()).slice(-3)).toEqual([
      ...['refund.updated', 'charge.refund.updated', 'refund.failed'],
    ]);
    expect((await stripe.refunds.create({ payment_intent })).status).toBe('succeeded');
    expect((await stripe.refunds.list({ payment_intent })).data).toHaveLength(2);
    await expect(control.failRefund({ id })).rejects.toThrow('cannot fail any more');
  });

  it('of the test cards for it is pending at first, or fails by itself', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    for (const [card, status] of [
      ['pm_card_pendingRefund', 'succeeded'],
      ['pm_card_refundFail', 'failed'],
    ] as const) {
      const { id: payment_intent } = await pay(service, { payment_method: card });
      const { id } = await stripe.refunds.create({ payment_intent });
      expect((await stripe.refunds.retrieve(id)).status).toBe(status);
    }
  });

  it('of a payment that never succeeded is refused', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { id: payment_intent } = await stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
    });
    const error = await refusalOf(stripe.refunds.create({ payment_intent }));
    expect(error.message).toContain('does not have a successful charge');
    expect((await refusalOf(stripe.refunds.create({}))).code).toBe('parameter_missing');
  });
});

describe('a dispute', () => {
  it('takes its funds and a fee, and forbids a refund', async () => {
    const service = await setupChecked();
    const { stripe, control, received } = service;
    const { id: paymentIntent, latest_charge: charge } = await pay(service);
    const { id } = await control.openDispute({ paymentIntent });
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      ...{ amount: 2000, status: 'needs_response', reason: 'fraudulent', charge },
      balance_transactions: [
        { amount: -2000, fee: 1500, net: -3500, reporting_category: 'dispute', type: 'adjustment' },
      ],
    });
    expect((await received()).slice(-2)).toEqual([
      ...['charge.dispute.created', 'charge.dispute.funds_withdrawn'],
    ]);
    const refused = await refusalOf(stripe.refunds.create({ payment_intent: paymentIntent }));
    expect(refused.code).toBe('charge_disputed');
    expect((await stripe.charges.retrieve(String(charge))).disputed).toBe(true);
    expect(await control.totals()).toMatchObject({ disputed: 2000, fees: 1588 });
  });

  it('that is won gives the funds back and keeps the fee', async () => {
    const service = await setupChecked();
    const { stripe, control, received } = service;
    const { id: paymentIntent } = await pay(service);
    const { id } = await control.openDispute({ paymentIntent, amount: 700 });
    const evidence = { uncategorized_text: 'winning_evidence' };
    const won = await stripe.disputes.update(id, { evidence, submit: true });
    expect(won).toMatchObject({
      status: 'won',
      balance_transactions: [{}, { amount: 700, fee: 0 }],
    });
    expect((await received()).slice(-2)).toEqual([
      ...['charge.dispute.funds_reinstated', 'charge.dispute.closed'],
    ]);
    expect(await control.totals()).toMatchObject({ disputed: 0, fees: 1588, net: 412 });
    const refund = await stripe.refunds.create({ payment_intent: paymentIntent });
    expect(refund.status).toBe('succeeded');
  });

  it('that is lost keeps the funds, and ends once', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const intents = [await pay(service), await pay(service)];
    const [one, two] = await Promise.all(
      intents.map(({ id }) => control.openDispute({ paymentIntent: id })),
    );
    await control.closeDispute({ id: one?.id ?? '', won: false });
    expect((await stripe.disputes.close(two?.id ?? '')).status).toBe('lost');
    const again = await refusalOf(stripe.disputes.close(two?.id ?? ''));
    expect(again.code).toBe('dispute_already_closed');
    expect(await control.totals()).toMatchObject({ captured: 4000, disputed: 4000 });
  });

  it('begins as an inquiry that takes nothing', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const { id: payment_intent } = await pay(service, {
      payment_method: 'pm_card_createDisputeInquiry',
    });
    const [inquiry] = (await stripe.disputes.list({ payment_intent })).data;
    expect(inquiry).toMatchObject({ status: 'warning_needs_response', balance_transactions: [] });
    await stripe.refunds.create({ payment_intent, amount: 100 });
    const dispute = await control.escalateInquiry({ id: inquiry?.id ?? '' });
    expect(dispute).toMatchObject({ status: 'needs_response', is_charge_refundable: false });
    expect(await control.totals()).toMatchObject({ refunded: 100, disputed: 2000 });
  });
});

describe('an early fraud warning', () => {
  it('names its charge and moves nothing', async () => {
    const service = await setupChecked();
    const { stripe, control, received } = service;
    const { id: paymentIntent, latest_charge: charge } = await pay(service);
    const { id } = await control.warnOfFraud({ paymentIntent });
    expect(await stripe.radar.earlyFraudWarnings.retrieve(id)).toMatchObject({
      ...{ charge, payment_intent: paymentIntent, actionable: true },
    });
    expect((await received()).slice(-1)).toEqual(['radar.early_fraud_warning.created']);
    expect(await control.totals()).toMatchObject({ net: 1912 });
  });
});

describe('the oracle', () => {
  it('adds up by customer and metadata, and agrees with the balance of each', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const { id: customer } = await stripe.customers.create();
    const one = await pay(service, { metadata: { org: 'one' }, customer });
    await pay(service, { metadata: { org: 'two' }, amount: 5099 });
    await stripe.refunds.create({ payment_intent: one.id, amount: 300 });
    const expected = { captured: 2000, refunded: 300, disputed: 0, fees: 88, net: 1612 };
    expect(await control.totals({ customer })).toMatchObject(expected);
    expect(await control.totals({ metadata: { org: 'one' } })).toMatchObject(expected);
    // 2.9 % of 50.99 is 1.47871, rounded to 1.48, and 30 cents.
    expect(await control.totals({ metadata: { org: 'two' } })).toMatchObject({ fees: 178 });
    const booked = await all(
      stripe.balanceTransactions.list({ source: String(one.latest_charge) }),
    );
    expect(booked).toMatchObject([{ fee: 88, reporting_category: 'charge' }]);
  });
});

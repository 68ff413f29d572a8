/** Payments and saved cards through Stripe's real client: what succeeds, what is refused and how. */
import type { Stripe } from 'stripe';
import { visitPayPage } from '../../../local/stripe/hosted/visitor.ts';
import { makeCustomer, pay, refusalOf, setupChecked, startSeconds } from './service.ts';

const charged = async (stripe: Stripe, id: string) => {
  const { latest_charge: charge } = await stripe.paymentIntents.retrieve(id, {
    expand: ['latest_charge.balance_transaction'],
  });
  if (charge === null || typeof charge === 'string') throw new Error('the charge is not expanded');
  return charge;
};

const returnUrl = 'https://console.example/back';

describe('a payment without its holder', () => {
  it('succeeds with its charge and its balance transaction', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { customer, method } = await makeCustomer(service);
    const metadata = { org: 'org_1', topup: 'top_1' };
    const intent = await pay(service, { customer, payment_method: method, metadata });
    expect(intent).toMatchObject({
      ...{ status: 'succeeded', amount: 2000, amount_received: 2000, currency: 'usd', metadata },
      ...{ livemode: false, created: startSeconds, last_payment_error: null },
    });
    const charge = await charged(stripe, intent.id);
    expect(charge).toMatchObject({
      ...{ amount: 2000, paid: true, disputed: false, refunded: false, metadata },
      outcome: { network_status: 'approved_by_network', risk_level: 'normal', type: 'authorized' },
      payment_method_details: { card: { last4: '4242', three_d_secure: null } },
      balance_transaction: { amount: 2000, fee: 88, net: 1912, status: 'pending', type: 'charge' },
    });
  });

  it('is refused with the code of each test card, and open for another card', async () => {
    const service = await setupChecked();
    const codes = {
      pm_card_visa_chargeDeclined: ['card_declined', 'generic_decline'],
      pm_card_visa_chargeDeclinedInsufficientFunds: ['card_declined', 'insufficient_funds'],
      pm_card_chargeDeclinedExpiredCard: ['expired_card', 'expired_card'],
      pm_card_chargeDeclinedIncorrectCvc: ['incorrect_cvc', 'incorrect_cvc'],
      pm_card_chargeDeclinedProcessingError: ['processing_error', 'processing_error'],
      pm_card_radarBlock: ['card_declined', 'fraudulent'],
      pm_card_authenticationRequired: ['authentication_required', 'authentication_required'],
    };
    for (const [card, [code, decline]] of Object.entries(codes)) {
      const error = await refusalOf(pay(service, { payment_method: card }));
      expect(error).toMatchObject({
        ...{ type: 'StripeCardError', statusCode: 402, code, decline_code: decline },
        payment_intent: {
          status: 'requires_payment_method',
          last_payment_error: { code, decline_code: decline },
        },
      });
      const id = error.payment_intent?.id ?? '';
      const charge = await charged(service.stripe, id);
      expect(charge).toMatchObject({ status: 'failed', failure_code: code, paid: false });
      const again = { payment_method: 'pm_card_visa', off_session: true };
      expect((await service.stripe.paymentIntents.confirm(id, again)).status).toBe('succeeded');
    }
  });

  it('of a card that must authenticate can be confirmed by its holder', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { customer, method } = await makeCustomer(service, 'pm_card_authenticationRequired');
    const error = await refusalOf(pay(service, { customer, payment_method: method }));
    const id = error.payment_intent?.id ?? '';
    const again = { payment_method: method, return_url: returnUrl };
    const asked = await stripe.paymentIntents.confirm(id, again);
    expect(asked.status).toBe('requires_action');
    const url = asked.next_action?.redirect_to_url?.url ?? '';
    const visited = await visitPayPage(url);
    expect(visited.location).toContain(`${returnUrl}?payment_intent=${id}`);
    expect(visited.location).toContain('redirect_status=succeeded');
    const charge = await charged(stripe, id);
    expect(charge.payment_method_details?.card?.three_d_secure).toMatchObject({
      ...{ result: 'authenticated', version: '2.2.0' },
    });
  });

  it('succeeds with a card that was authenticated when it was saved', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { id: customer } = await stripe.customers.create();
    const setup = await stripe.setupIntents.create({
      ...{ customer, usage: 'off_session', confirm: true },
      ...{ payment_method: 'pm_card_authenticationRequiredOnSetup', return_url: returnUrl },
    });
    expect(setup.status).toBe('requires_action');
    const early = { customer, payment_method: 'pm_card_authenticationRequiredOnSetup' };
    expect((await refusalOf(pay(service, early))).code).toBe('authentication_required');
    await visitPayPage(setup.next_action?.redirect_to_url?.url ?? '');
    const { status, payment_method: method } = await stripe.setupIntents.retrieve(setup.id);
    expect(status).toBe('succeeded');
    const saved = await stripe.customers.listPaymentMethods(customer);
    expect(saved.data.map(({ id }) => id)).toEqual([method]);
    const intent = await pay(service, { customer, payment_method: String(method) });
    expect(intent.status).toBe('succeeded');
  });

  it('can be processing before it ends', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    await control.setNextOutcomes([{ outcome: 'processing' }, { outcome: 'processing' }]);
    const [first, second] = [await pay(service), await pay(service)];
    expect(first.status).toBe('processing');
    await control.finishProcessing({ paymentIntent: first.id, succeeds: true });
    await control.finishProcessing({ paymentIntent: second.id, succeeds: false });
    const statuses = [first, second].map(
      async ({ id }) => (await stripe.paymentIntents.retrieve(id)).status,
    );
    expect(await Promise.all(statuses)).toEqual(['succeeded', 'requires_payment_method']);
  });

  it('ends as a test decides, in the order of its decisions', async () => {
    const service = await setupChecked();
    await service.control.setNextOutcomes([
      { outcome: 'declined', declineCode: 'lost_card' },
      { outcome: 'authentication_required' },
      { outcome: 'succeeded' },
    ]);
    expect((await refusalOf(pay(service))).decline_code).toBe('lost_card');
    expect((await refusalOf(pay(service))).code).toBe('authentication_required');
    const declined = { payment_method: 'pm_card_visa_chargeDeclined' };
    expect((await pay(service, declined)).status).toBe('succeeded');
  });

  it('has no balance transaction while those are held, and then one', async () => {
    const service = await setupChecked();
    const { stripe, control, received } = service;
    await control.holdBalances();
    const { id } = await pay(service);
    expect((await charged(stripe, id)).balance_transaction).toBeNull();
    await control.bookCharges();
    expect((await charged(stripe, id)).balance_transaction).toMatchObject({ fee: 88 });
    expect((await received()).slice(-1)).toEqual(['charge.updated']);
  });
});

describe('a payment with its holder', () => {
  it('asks for 3-D Secure where that is requested, and shifts the liability', async () => {
    const service = await setupChecked();
    const { stripe, control } = service;
    const intent = await stripe.paymentIntents.create({
      ...{ amount: 500, currency: 'usd', confirm: true, payment_method: 'pm_card_visa' },
      allowed_payment_method_types: ['card'],
      payment_method_options: { card: { request_three_d_secure: 'any' } },
    });
    expect(intent).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'use_stripe_sdk' },
    });
    await control.authenticate({ intent: intent.id, succeeds: true });
    const charge = await charged(stripe, intent.id);
    expect(charge.payment_method_details?.card?.three_d_secure?.result).toBe('authenticated');
  });

  it('is refused when the holder fails to authenticate', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const intent = await stripe.paymentIntents.create({
      ...{ amount: 500, currency: 'usd', confirm: true, return_url: returnUrl },
      payment_method: 'pm_card_threeDSecure2Required',
    });
    const url = intent.next_action?.redirect_to_url?.url ?? '';
    const visited = await visitPayPage(url, { authenticate: 'fail' });
    expect(visited.location).toContain('redirect_status=failed');
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
      latest_charge: null,
    });
  });

  it('can be given up until it has succeeded', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    expect((await stripe.paymentIntents.cancel(id)).status).toBe('canceled');
    const paid = await pay(service);
    expect((await refusalOf(stripe.paymentIntents.cancel(paid.id))).code).toBe(
      'payment_intent_unexpected_state',
    );
    const again = stripe.paymentIntents.confirm(paid.id, {
      payment_method: 'pm_card_visa',
      off_session: true,
    });
    expect((await refusalOf(again)).code).toBe('payment_intent_unexpected_state');
  });
});

describe('a saved card', () => {
  it('is told apart by its fingerprint, and forgotten when it is detached', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const one = await makeCustomer(service);
    const other = await makeCustomer(service);
    const fingerprints = [one.method, other.method].map(
      async (id) => (await stripe.paymentMethods.retrieve(id)).card?.fingerprint,
    );
    const [first, second] = await Promise.all(fingerprints);
    expect(first).toBe(second);
    const default_payment_method = one.method;
    await stripe.customers.update(one.customer, { invoice_settings: { default_payment_method } });
    await stripe.paymentMethods.detach(one.method);
    expect((await stripe.paymentMethods.list({ customer: one.customer })).data).toEqual([]);
    const { invoice_settings: settings } = (await stripe.customers.retrieve(
      one.customer,
    )) as Stripe.Customer;
    expect(settings.default_payment_method).toBeNull();
  });

  it('of another customer is refused before anything is made', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const one = await makeCustomer(service);
    const other = await makeCustomer(service);
    const error = await refusalOf(
      pay(service, { customer: other.customer, payment_method: one.method }),
    );
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', param: 'payment_method' });
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
  });

  it('that its issuer declines is not saved, unless it declines payments alone', async () => {
    const service = await setupChecked();
    const refused = await refusalOf(makeCustomer(service, 'pm_card_visa_chargeDeclined'));
    expect(refused).toMatchObject({ statusCode: 402, code: 'card_declined' });
    const { customer, method } = await makeCustomer(service, 'pm_card_chargeCustomerFail');
    const paid = await refusalOf(pay(service, { customer, payment_method: method }));
    expect(paid.code).toBe('card_declined');
  });
});

describe('a malformed request', () => {
  it('is refused with the code of what is wrong with it', async () => {
    const service = await setupChecked();
    const { stripe } = service;
    const usd = { amount: 2000, currency: 'usd' };
    const cases: [Promise<unknown>, string, string][] = [
      [stripe.paymentIntents.create({ ...usd, bogus: 1 } as never), 'parameter_unknown', 'bogus'],
      [
        stripe.paymentIntents.create({ ...usd, payment_method_types: ['card'] } as never),
        'parameter_unknown',
        'payment_method_types',
      ],
      [stripe.paymentIntents.create({ amount: 2000 } as never), 'parameter_missing', 'currency'],
      [
        stripe.paymentIntents.create({ ...usd, amount: 20.5 }),
        'parameter_invalid_integer',
        'amount',
      ],
      [stripe.paymentIntents.create({ ...usd, amount: 49 }), 'amount_too_small', 'amount'],
      [stripe.paymentIntents.create({ ...usd, amount: 100_000_000 }), 'amount_too_large', 'amount'],
      [
        stripe.paymentIntents.create({ ...usd, customer: 'cus_none' }),
        'resource_missing',
        'customer',
      ],
      [pay(service, { payment_method: 'pm_none' }), 'resource_missing', 'payment_method'],
      [
        stripe.paymentIntents.create({ ...usd, confirm: true, payment_method: 'pm_card_visa' }),
        'parameter_missing',
        'return_url',
      ],
      [
        stripe.paymentIntents.create({ ...usd, off_session: true }),
        'parameter_invalid',
        'off_session',
      ],
      [stripe.events.list({ limit: 101 }), 'parameter_invalid_integer', 'limit'],
    ];
    for (const [call, code, param] of cases) {
      expect(await refusalOf(call)).toMatchObject({ statusCode: 400, code, param });
    }
    expect(await refusalOf(stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
      ...{
        statusCode: 404,
        code: 'resource_missing',
        message: "No such payment_intent: 'pi_none'",
      },
    });
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
  });
});

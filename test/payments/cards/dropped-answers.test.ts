/**
 * Connections that break after the provider has acted (S13): the caller tries again under the key of before,
 * and there is one customer, one page, one payment.
 */
import { visitPayPage } from '../../../local/stripe/hosted/visitor.ts';
import { cardService } from './card-service.ts';

const dollar = 1_000_000n;
const amount = { amount: '10000000', currency: 'usd' };
const success_url = 'https://console.test/paid';

type Service = Awaited<ReturnType<typeof cardService>>;

/** What a caller does who is told to try again: the same once more. */
const persist = async ({ call, runtime }: Service, body: object) => {
  const statuses: number[] = [];
  for (let tries = 0; tries < 6; tries += 1) {
    const headers = { 'idempotency-key': 'one-wish' };
    const answer = await call('POST', '/v1/top-ups', { body, headers });
    statuses.push(answer.status);
    if (answer.status === 201) return { top_up: answer.body, statuses };
    runtime.clock.ms += 31_000;
  }
  throw new Error(`never answered but ${statuses.join(', ')}`);
};

const expectOnePayment = async (service: Service, topUpId: string) => {
  expect(await service.settle()).toBe(0);
  expect((await service.control.totals()).payments).toHaveLength(1);
  expect(await service.balances()).toMatchObject({ available: 10n * dollar });
  expect(await service.showTopUp(topUpId)).toMatchObject({ status: 'succeeded' });
  const { body } = await service.call('GET', '/v1/top-ups');
  expect(body.data).toHaveLength(1);
  await service.check();
};

it.each(['/v1/customers', '/v1/checkout/sessions'])(
  'the answer of %s was lost, more often than the client tries: one page, paid once',
  async (path) => {
    const service = await cardService();
    await service.control.dropAnswers({ method: 'POST', path, times: 3 });
    const { top_up, statuses } = await persist(service, { amount, success_url });
    expect(statuses).toContain(503);
    await visitPayPage(top_up.url);
    expect((await service.dashboard.checkout.sessions.list()).data).toHaveLength(1);
    expect((await service.dashboard.customers.list()).data).toHaveLength(1);
    await expectOnePayment(service, top_up.id);
  },
);

it('the answer to a payment by a saved card was lost: it is paid once', async () => {
  const service = await cardService();
  const { body: setup } = await service.call('POST', '/v1/payment-methods', {
    body: { success_url },
  });
  await visitPayPage(setup.url);
  const { body: cards } = await service.call('GET', '/v1/payment-methods');
  await service.control.dropAnswers({ method: 'POST', path: '/v1/payment_intents', times: 3 });
  const payment_method_id = cards.data[0].id;
  const { top_up, statuses } = await persist(service, { amount, success_url, payment_method_id });
  expect(statuses).toContain(503);
  await visitPayPage(top_up.url);
  await expectOnePayment(service, top_up.id);
});

it('a payment that the provider is still working on is asked for again under the same key', async () => {
  const service = await cardService();
  const { body: setup } = await service.call('POST', '/v1/payment-methods', {
    body: { success_url },
  });
  await visitPayPage(setup.url);
  const { body: cards } = await service.call('GET', '/v1/payment-methods');
  const payment_method_id = cards.data[0].id;
  await service.control.failRequests({
    ...{ status: 409, method: 'POST', path: '/v1/payment_intents', times: 3 },
  });
  const { top_up, statuses } = await persist(service, { amount, success_url, payment_method_id });
  expect(statuses).toEqual([503, 201]);
  await visitPayPage(top_up.url);
  await expectOnePayment(service, top_up.id);
});

it.each([403, 409])('a refund whose payment cannot be read (%s) is made once', async (status) => {
  const service = await cardService();
  const { top_up } = await persist(service, { amount, success_url });
  await visitPayPage(top_up.url);
  await service.settle();
  const body = { top_up_id: top_up.id, amount: { amount: '4000000', currency: 'usd' } };
  const headers = { 'idempotency-key': 'one-refund' };
  await service.control.failRequests({
    status,
    method: 'GET',
    path: '/v1/payment_intents',
    // The client itself repeats what is in conflict, twice.
    times: status === 409 ? 3 : 1,
  });
  const first = await service.call('POST', '/v1/refunds', { body, headers });
  expect(first.status).toBe(503);
  const again = await service.call('POST', '/v1/refunds', { body, headers });
  expect(again).toMatchObject({ status: 201, body: { status: 'succeeded' } });
  expect((await service.call('GET', '/v1/refunds')).body.data).toHaveLength(1);
  expect((await service.control.totals()).refunded).toBe(400);
  await service.check();
});

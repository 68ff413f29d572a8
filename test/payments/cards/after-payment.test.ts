/** Refunds, disputes and warnings of fraud after a payment by card, through Stripe's own client. */

import { cardService } from './card-service.ts';
import { permutations } from './permutations.ts';

const dollar = 1_000_000n;

const paid = async (units = 20n * dollar) => {
  const service = await cardService();
  const id = await service.topUp(units);
  await service.settle();
  return { ...service, id, paymentId: await service.paymentOf(id) };
};

type Paid = Awaited<ReturnType<typeof paid>>;

const refund = ({ call, id }: Paid, units: bigint) =>
  call('POST', '/v1/refunds', {
    body: { top_up_id: id, amount: { amount: units.toString(), currency: 'usd' } },
  });

describe('a refund', () => {
  it('gives unspent credit back to the card, in parts, and never more than was bought', async () => {
    const service = await paid();
    expect(await refund(service, 8n * dollar)).toMatchObject({
      status: 201,
      body: { status: 'succeeded', amount: { amount: '8000000' } },
    });
    expect(await service.balances()).toEqual({ available: 12n * dollar, held: 0n, owed: 0n });
    const refused = await refund(service, 13n * dollar);
    expect(refused).toMatchObject({ status: 409, body: { code: 'refund.refused' } });
    expect((await refund(service, 12n * dollar)).status).toBe(201);
    expect(await service.balances()).toMatchObject({ available: 0n });
    const { refunded } = await service.control.totals();
    expect(refunded).toBe(2000);
    await service.check();
  });

  it('is made once for one key, also when the answer was lost', async () => {
    const service = await paid();
    await service.control.dropAnswers({ method: 'POST', path: '/v1/refunds' });
    const body = { top_up_id: service.id, amount: { amount: '5000000', currency: 'usd' } };
    const headers = { 'idempotency-key': 'one-refund-only' };
    const first = await service.call('POST', '/v1/refunds', { body, headers });
    const second = await service.call('POST', '/v1/refunds', { body, headers });
    expect(second).toMatchObject({ status: 201, body: { status: 'succeeded' } });
    expect([201, 503]).toContain(first.status);
    expect((await service.control.totals()).refunded).toBe(500);
    await service.check();
  });

  it('comes back when the bank refuses it later', async () => {
    const service = await paid();
    const { body } = await refund(service, 8n * dollar);
    await service.settle();
    const [made] = (await service.dashboard.refunds.list()).data;
    await service.control.failRefund({ id: made?.id ?? '' });
    await service.settle();
    expect(await service.balances()).toEqual({ available: 20n * dollar, held: 0n, owed: 0n });
    expect((await service.call('GET', `/v1/refunds/${body.id}`)).body.status).toBe('failed');
    await service.check();
  });

  it('is refused on a disputed payment, and takes nothing', async () => {
    const service = await paid();
    await service.control.openDispute({ paymentIntent: service.paymentId });
    const refused = await refund(service, 5n * dollar);
    expect(refused).toMatchObject({ status: 409, body: { code: 'refund.refused' } });
    await service.settle();
    expect(await service.balances()).toMatchObject({ available: 0n, held: 0n });
    await service.check();
  });

  it('that somebody made at the provider’s is taken from the credit', async () => {
    const service = await paid();
    await service.dashboard.refunds.create({ payment_intent: service.paymentId, amount: 700 });
    await service.settle();
    expect(await service.balances()).toMatchObject({ available: 13n * dollar });
    await service.check();
  });

  it('of somebody else’s top-up looks like one of an unknown top-up', async () => {
    const service = await paid();
    const answer = await service.call('POST', '/v1/refunds', {
      body: {
        top_up_id: 'top_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
        amount: { amount: '1000000', currency: 'usd' },
      },
    });
    expect(answer).toMatchObject({ status: 404, body: { code: 'top_up.not_found' } });
  });
});

describe('a dispute', () => {
  it('takes what is there, leaves the rest owed, and freezes the cards', async () => {
    const service = await paid();
    await refund(service, 15n * dollar);
    await service.control.openDispute({ paymentIntent: service.paymentId });
    await service.settle();
    // What is left of the payment is disputed: five dollars of credit and the fee of 88 cents.
    expect(await service.balances()).toEqual({ available: 0n, held: 0n, owed: 880_000n });
    const next = await service.call('POST', '/v1/top-ups', {
      body: { amount: { amount: '5000000', currency: 'usd' }, success_url: 'https://c.test/' },
    });
    expect(next).toMatchObject({ status: 403, body: { code: 'card.frozen', reason: 'dispute' } });
    await service.check();
  });

  it('gives everything back when it is won, and keeps it when it is lost', async () => {
    for (const won of [true, false]) {
      const service = await paid();
      const { id } = await service.control.openDispute({ paymentIntent: service.paymentId });
      await service.control.closeDispute({ id, won });
      await service.settle();
      const { available, owed } = await service.balances();
      // The fee was disputed as well, and comes back as credit.
      expect({ available, owed }).toEqual(
        won ? { available: 20_880_000n - 880_000n, owed: 0n } : { available: 0n, owed: 880_000n },
      );
      await service.check();
    }
  });

  it('closes the pages on which the organisation has begun to pay', async () => {
    const service = await paid();
    const { body } = await service.call('POST', '/v1/top-ups', {
      body: { amount: { amount: '5000000', currency: 'usd' }, success_url: 'https://c.test/' },
    });
    await service.control.openDispute({ paymentIntent: service.paymentId });
    await service.settle();
    await service.settle();
    expect(await service.showTopUp(body.id)).toMatchObject({ status: 'expired', url: null });
    const { payments } = await service.control.totals();
    expect(payments).toHaveLength(1);
    await service.check();
  });

  it('that was only announced freezes the cards and moves no money', async () => {
    const service = await paid();
    await service.control.warnOfFraud({ paymentIntent: service.paymentId });
    await service.settle();
    expect(await service.balances()).toMatchObject({ available: 20n * dollar });
    const next = await service.call('POST', '/v1/top-ups', {
      body: { amount: { amount: '5000000', currency: 'usd' }, success_url: 'https://c.test/' },
    });
    expect(next.body).toMatchObject({ code: 'card.frozen', reason: 'fraud_warning' });
    await service.check();
  });
});

it('the events of a payment lead to the same books in every order', async () => {
  const play = async (order: (ids: readonly string[]) => readonly string[]) => {
    const service = await cardService();
    await service.control.hold({ types: ['*'] });
    const id = await service.topUp(20n * dollar);
    const paymentIntent = await service.paymentOf(id);
    await service.dashboard.refunds.create({ payment_intent: paymentIntent, amount: 700 });
    const dispute = await service.control.openDispute({ paymentIntent });
    await service.control.closeDispute({ id: dispute.id, won: true });
    const told = ['payment_intent.succeeded', 'charge.refunded', 'charge.dispute.created'];
    const held = (await service.control.held()).filter(({ type }) => told.includes(type));
    const ids = order([...held.map((event) => event.id), held[0]?.id ?? '']);
    for (const eventId of ids) {
      await service.control.release({ order: [eventId] });
      expect(await service.settle()).toBe(0);
    }
    const { body } = await service.call('GET', `/v1/top-ups/${id}`);
    await service.check();
    return { status: body.status, ...(await service.balances()) };
  };
  const expected = await play((ids) => ids);
  expect(expected.status).toBe('succeeded');
  for (const order of permutations([0, 1, 2, 3])) {
    expect(await play((ids) => order.map((index) => ids[index] ?? ''))).toEqual(expected);
  }
});

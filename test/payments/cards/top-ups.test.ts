/** Buying credit by card, through Stripe's own client: pages, saved cards, webhooks in every order. */
import { minuteMs } from '../../../shared/core/time.ts';
import { getTransfer } from '../../../shared/ledger/ledger-store.ts';
import { topUpId as topUpTransferId } from '../../../shared/ledger/top-up.ts';
import { setTokenPrice } from '../prices/samples.ts';
import { cardService } from './card-service.ts';

const dollar = 1_000_000n;
const cards = { threeDSecure: '4000002500003155', insufficient: '4000000000009995' };

describe('a top-up on the provider’s page', () => {
  it('is credited whole, once it is paid, with the fee on a line of its own', async () => {
    const service = await cardService();
    const made = await service.call('POST', '/v1/top-ups', {
      body: {
        amount: { amount: '20000000', currency: 'usd' },
        success_url: 'https://console.test/paid',
      },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      ...{ object: 'top_up', source: 'checkout', status: 'pending', failure: null },
      amount: { amount: '20000000', currency: 'usd' },
      fee: { amount: '880000', currency: 'usd' },
      total: { amount: '20880000', currency: 'usd' },
      url: expect.stringContaining(service.stand.url),
    });
    expect(await service.balances()).toEqual({ available: 0n, held: 0n, owed: 0n });
    const page = await (await fetch(made.body.url)).text();
    expect(page).toContain('Payment provider fee');
    const id = await service.topUp(5n * dollar);
    expect(await service.settle()).toBe(0);
    expect(await service.balances()).toMatchObject({ available: 5n * dollar });
    expect(await service.showTopUp(id)).toMatchObject({ status: 'succeeded', url: null });
    await service.check();
  });

  it('says how much IO stands behind it while IO has a price, and nothing without one', async () => {
    const service = await cardService();
    const { database } = service.runtime;
    const ioOf = async (topUpId: string) => {
      const paymentId = await service.paymentOf(topUpId);
      return (await getTransfer(database, topUpTransferId(paymentId)))?.io;
    };
    const before = await service.topUp(5n * dollar);
    expect(await service.settle()).toBe(0);
    expect(await ioOf(before)).toBeUndefined();
    await setTokenPrice(service.runtime, 'io', 250_000_000n);
    const priced = await service.topUp(5n * dollar);
    expect(await service.settle()).toBe(0);
    expect(await ioOf(priced)).toMatchObject({
      units: 2_000_000_000n,
      nanoUsdPerIo: 250_000_000n,
    });
    await service.check();
  });

  it('opens one page for one key, however often it is asked', async () => {
    const service = await cardService();
    const request = {
      headers: { 'idempotency-key': 'the-same-key' },
      body: {
        amount: { amount: '20000000', currency: 'usd' },
        success_url: 'https://console.test/paid',
      },
    };
    const answers = await Promise.all(
      [1, 2, 3].map(() => service.call('POST', '/v1/top-ups', request)),
    );
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
    expect(new Set(made).size).toBe(1);
    const again = await service.call('POST', '/v1/top-ups', request);
    expect(again.body.id).toBe(made[0]);
    const sessions = (await service.control.requests()).filter(
      ({ path }) => path === '/v1/checkout/sessions',
    );
    expect(sessions).toHaveLength(1);
  });

  it('is not credited when the bank refuses, and is when another card pays then', async () => {
    const service = await cardService();
    const id = await service.topUp(5n * dollar, cards.insufficient);
    await service.settle();
    expect(await service.balances()).toMatchObject({ available: 0n });
    const { status, url } = await service.showTopUp(id);
    expect(status).toBe('pending');
    expect(url).not.toBeNull();
    await service.check();
  });

  it('expires with its page, and gives back the room that it took', async () => {
    const service = await cardService();
    const { body } = await service.call('POST', '/v1/top-ups', {
      body: {
        amount: { amount: '400000000', currency: 'usd' },
        success_url: 'https://console.test/paid',
      },
    });
    service.runtime.clock.ms += 61 * minuteMs;
    await service.needs
      .stripe()
      .then((stripe) => stripe.listEvents({ sinceMs: 0, after: undefined }));
    await service.settle();
    expect(await service.showTopUp(body.id)).toMatchObject({ status: 'expired' });
    const next = await service.topUp(400n * dollar);
    await service.settle();
    expect(await service.showTopUp(next)).toMatchObject({ status: 'succeeded' });
    await service.check();
  });

  it.each([
    ['nothing', '0'],
    ['less than fifty cents', '499999'],
    ['part of a cent', '1000001'],
    ['more than ten thousand dollars', '10000010000'],
  ])('is refused for %s', async (_, amount) => {
    const service = await cardService();
    const answer = await service.call('POST', '/v1/top-ups', {
      body: { amount: { amount, currency: 'usd' }, success_url: 'https://console.test/' },
    });
    expect([400, 422]).toContain(answer.status);
    expect(await service.control.requests()).toEqual([]);
  });

  it('is refused in another currency', async () => {
    const service = await cardService();
    const answer = await service.call('POST', '/v1/top-ups', {
      body: {
        amount: { amount: '5000000', currency: 'eur' },
        success_url: 'https://console.test/',
      },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
  });

  it('is refused beyond what new cards may buy in a day, until a day has passed', async () => {
    const service = await cardService();
    await service.topUp(300n * dollar);
    await service.settle();
    const body = {
      amount: { amount: '300000000', currency: 'usd' },
      success_url: 'https://console.test/',
    };
    const refused = await service.call('POST', '/v1/top-ups', { body });
    expect(refused).toMatchObject({ status: 429, body: { code: 'top_up.limit_reached' } });
    service.runtime.clock.ms += 24 * 60 * minuteMs;
    expect((await service.call('POST', '/v1/top-ups', { body })).status).toBe(201);
    await service.check();
  });
});

describe('the provider’s events', () => {
  it('credit once, ten times at once', async () => {
    const service = await cardService();
    await service.control.duplicate({ types: ['*'], copies: 10 });
    await service.topUp(5n * dollar);
    await service.control.settled();
    const batches = Array.from({ length: 3 }, () => service.settle());
    expect(await Promise.all(batches)).toEqual([0, 0, 0]);
    expect(await service.balances()).toMatchObject({ available: 5n * dollar });
    await service.check();
  });
});

/** The endpoints of payouts: what a supplier may ask for of its earnings, and what an operator decides. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { payoutRoutes } from '../../../functions/payments/payout-routes.ts';
import { requestDailyPayouts } from '../../../functions/payments/payouts/request-daily-payouts.schedule.ts';
import { dayMs, hourMs } from '../../../shared/core/time.ts';
import { callHttp } from '../../support/http.ts';
import { startMs } from '../../support/runtime.ts';
import { setTokenPrice } from '../prices/samples.ts';
import { address, payoutRequests, usd } from './payout-requests.ts';

describe('POST /v1/payouts', () => {
  it('201: holds the earnings and says what arrives', async () => {
    const { name, ask, balance, call } = await payoutRequests();
    await name('usdc');
    const made = await ask(100n * usd);
    expect(made).toMatchObject({
      status: 201,
      body: {
        object: 'payout',
        status: 'queued',
        amount: { amount: '100000000', currency: 'usd' },
        fee: { amount: '2000000' },
        net: { amount: '98000000', currency: 'usd' },
        wallet: address,
        transaction: null,
      },
    });
    expect(await balance()).toEqual({ available: 29_900n * usd, held: 100n * usd });
    expect((await call('GET', `/v1/payouts/${made.body.id}`)).body).toEqual(made.body);
    expect((await call('GET', '/v1/payouts')).body.data).toEqual([made.body]);
  });

  it('201: is the same payout when it is asked for again', async () => {
    const { name, ask, balance } = await payoutRequests();
    await name('usdc');
    const headers = { 'idempotency-key': 'one-and-the-same' };
    const [first, again] = [
      await ask(100n * usd, 'usdc', { headers }),
      await ask(100n * usd, 'usdc', { headers }),
    ];
    expect(again.body).toEqual(first.body);
    expect((await balance()).held).toBe(100n * usd);
  });

  it('201: of $5,000 or more waits for the operator', async () => {
    const { name, ask } = await payoutRequests();
    await name('usdc');
    expect((await ask(5_000n * usd - 1n)).body.status).toBe('queued');
    expect((await ask(5_000n * usd)).body.status).toBe('awaiting_approval');
  });

  it('422: of IO, where the platform has no token', async () => {
    const { runtime, owner, name, balance } = await payoutRequests();
    await name('io');
    const serve = httpFunction({ ...runtime, token: undefined }, payoutRoutes, { keyMode: 'test' });
    const refused = await callHttp(serve, {
      ...{ method: 'POST', path: '/v1/payouts', key: owner },
      headers: { 'idempotency-key': 'request-0' },
      body: { amount: { amount: '100000000', currency: 'usd' }, asset: 'io' },
    });
    expect(refused).toMatchObject({ status: 422, body: { code: 'token.none' } });
    expect((await balance()).held).toBe(0n);
  });

  it('402-like and others: refuses what is not there, too little, too much, or without a wallet', async () => {
    const { name, ask, balance } = await payoutRequests(100n * usd);
    expect(await ask(50n * usd)).toMatchObject({
      status: 404,
      body: { code: 'payout_wallet.not_found' },
    });
    await name('usdc');
    expect(await ask(usd - 1n)).toMatchObject({
      status: 422,
      body: { code: 'payout.amount_out_of_range', minimum: '1000000' },
    });
    expect(await ask(50_001n * usd)).toMatchObject({
      status: 422,
      body: { code: 'payout.amount_out_of_range', maximum: '50000000000' },
    });
    expect(await ask(101n * usd)).toMatchObject({
      status: 422,
      body: { code: 'payout.balance_short', available: '100000000' },
    });
    expect(await balance()).toEqual({ available: 100n * usd, held: 0n });
  });

  it('425: while the wallet cools down', async () => {
    const { name, ask, runtime } = await payoutRequests();
    await name('usdc', startMs + 24 * hourMs);
    expect(await ask(50n * usd)).toMatchObject({
      status: 425,
      body: { code: 'payout_wallet.cooling_down', payable_from: '2026-11-23T12:00:00.000Z' },
    });
    runtime.clock.ms += 24 * hourMs;
    expect((await ask(50n * usd)).status).toBe(201);
  });

  it('429: above what a supplier may ask for in a day, until the next one', async () => {
    const { name, ask, runtime } = await payoutRequests(200_000n * usd);
    await name('usdc');
    expect((await ask(40_000n * usd)).status).toBe(201);
    expect(await ask(10_001n * usd)).toMatchObject({
      status: 429,
      body: { code: 'payout.limit_reached', again_at: '2026-11-23T00:00:00.000Z' },
    });
    expect((await ask(10_000n * usd)).status).toBe(201);
    runtime.clock.ms += dayMs;
    expect((await ask(50_000n * usd)).status).toBe(201);
  });

  it('403: to a wallet that the operator denied, until it is allowed again', async () => {
    const { name, ask, call, operator } = await payoutRequests();
    await name('usdc');
    const deny = (denied: boolean) =>
      call('PUT', `/v1/denied-wallets/${address}`, {
        key: operator,
        body: { denied, reason: 'stolen' },
      });
    expect(await deny(true)).toMatchObject({ status: 200, body: { denied: true, address } });
    expect(await ask(50n * usd)).toMatchObject({
      status: 403,
      body: { code: 'payout.wallet_denied' },
    });
    await deny(false);
    expect((await ask(50n * usd)).status).toBe(201);
  });

  it('of IO: at a price that is locked, from the platform’s position, and 503 without a price', async () => {
    const { name, ask, runtime } = await payoutRequests();
    await name('io');
    expect(await ask(50n * usd, 'io')).toMatchObject({
      status: 503,
      body: { code: 'token_price.unavailable' },
    });
    await setTokenPrice(runtime, 'io', 250_000_000n);
    const made = await ask(50n * usd, 'io');
    expect(made).toMatchObject({
      status: 201,
      body: {
        source: 'earnings',
        fee: { amount: '0', currency: 'usd' },
        net: { amount: '20000000000', currency: 'io' },
        price: { nano_usd_per_io: '250000000', locked_until: '2026-11-22T12:15:00.000Z' },
      },
    });
    expect(await ask(201n * usd, 'io')).toMatchObject({
      status: 409,
      body: { code: 'payout.asset_unavailable', available: '80000000000' },
    });
  });
});

describe('the operator', () => {
  it('lets a large payout go, or gives it back, once', async () => {
    const { name, ask, call, operator, balance } = await payoutRequests();
    await name('usdc');
    const [first, second] = [await ask(6_000n * usd), await ask(7_000n * usd)];
    const list = await call('GET', '/v1/payout-approvals', { key: operator });
    expect(list.body.data.map(({ id }: { id: string }) => id)).toEqual([
      first.body.id,
      second.body.id,
    ]);
    const decide = (id: string, decision: string) =>
      call('POST', `/v1/payout-approvals/${id}`, {
        key: operator,
        body: { decision, reason: 'looked at' },
      });
    expect(await decide(first.body.id, 'approve')).toMatchObject({
      status: 200,
      body: { status: 'queued' },
    });
    expect((await decide(first.body.id, 'approve')).body.status).toBe('queued');
    expect(await decide(first.body.id, 'reject')).toMatchObject({
      status: 409,
      body: { code: 'payout.wrong_status' },
    });
    expect((await decide(second.body.id, 'reject')).body).toMatchObject({
      status: 'failed',
      status_reason: 'rejected_by_operator',
    });
    expect((await decide(second.body.id, 'reject')).status).toBe(200);
    expect(await balance()).toEqual({ available: 24_000n * usd, held: 6_000n * usd });
    expect((await call('GET', '/v1/payout-approvals', { key: operator })).body.data).toEqual([]);
  });

  it('stops payouts and lets them go on, with the reason and an audit event', async () => {
    const { call, operator, runtime } = await payoutRequests();
    const set = (paused: boolean) =>
      call('PUT', '/v1/payout-controls', {
        key: operator,
        body: { paused, reason: 'an incident' },
      });
    expect((await set(true)).body).toMatchObject({ paused: true, paused_for: 'an incident' });
    const shown = await call('GET', '/v1/payout-controls', { key: operator });
    expect(shown.body).toMatchObject({ paused: true, paused_for: 'an incident' });
    expect((await set(false)).body).toMatchObject({ paused: false, paused_for: null });
    const actions = runtime.database.all('identity').map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['payouts.paused', 'payouts.resumed']));
  });
});

describe('daily payouts', () => {
  it('ask for all that has matured, once a day, for those who want it', async () => {
    const { name, call, runtime, balance } = await payoutRequests(100n * usd);
    const set = (enabled: boolean) =>
      call('PUT', '/v1/auto-payout', { body: { enabled, asset: 'usdc' } });
    expect((await set(true)).body).toMatchObject({ code: 'payout_wallet.not_found' });
    await name('usdc', startMs + hourMs);
    expect((await set(true)).body).toMatchObject({ enabled: true, asset: 'usdc' });
    await requestDailyPayouts(runtime);
    expect(await balance()).toEqual({ available: 100n * usd, held: 0n });
    runtime.clock.ms += hourMs;
    for (let runs = 0; runs < 2; runs += 1) {
      expect(await requestDailyPayouts(runtime)).toEqual({ done: 1, failed: 0 });
    }
    expect(await balance()).toEqual({ available: 0n, held: 100n * usd });
    expect((await call('GET', '/v1/payouts')).body.data).toHaveLength(1);
    expect((await set(false)).body).toMatchObject({ enabled: false });
    expect((await call('GET', '/v1/auto-payout')).body).toMatchObject({ enabled: false });
    expect(await requestDailyPayouts(runtime)).toEqual({ done: 0, failed: 0 });
  });

  it('leave what a person would have to approve to a request of the supplier’s own', async () => {
    const { name, call, runtime } = await payoutRequests(8_000n * usd);
    await name('usdc');
    await call('PUT', '/v1/auto-payout', { body: { enabled: true, asset: 'usdc' } });
    await requestDailyPayouts(runtime);
    const [payout] = (await call('GET', '/v1/payouts')).body.data;
    expect(payout).toMatchObject({ status: 'queued', amount: { amount: '4999999999' } });
  });
});

it('404: somebody else’s payout looks like an unknown one', async () => {
  const { name, ask, call, other } = await payoutRequests();
  await name('usdc');
  const { body } = await ask(50n * usd);
  expect(await call('GET', `/v1/payouts/${body.id}`, { key: other })).toMatchObject({
    status: 404,
    body: { code: 'payout.not_found' },
  });
  expect((await call('GET', '/v1/payouts', { key: other })).body.data).toEqual([]);
});

/** The endpoints of payouts: what a supplier may ask for of its rewards, at once or each day. */
import { requestDailyPayouts } from '../../../functions/payments/payouts/request-daily-payouts.schedule.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { startMs } from '../../support/runtime.ts';
import { setTokenPrice } from '../prices/samples.ts';
import { address, io, payoutRequests, usd } from './payout-requests.ts';

describe('POST /v1/payouts of rewards', () => {
  it('201: holds the IO itself, without a fee, and takes none of the platform’s', async () => {
    const { runtime, name, reward, askRewards, balance, call } = await payoutRequests();
    await name('io');
    await reward(500n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    const made = await askRewards(200n * io + 1n);
    expect(made).toMatchObject({
      status: 201,
      body: {
        source: 'rewards',
        asset: 'io',
        status: 'queued',
        amount: { amount: '20000000001', currency: 'io' },
        fee: { amount: '0', currency: 'io' },
        net: { amount: '20000000001', currency: 'io' },
        price: { nano_usd_per_io: '250000000' },
        wallet: address,
      },
    });
    expect(await balance('rewards')).toEqual({ available: 300n * io - 1n, held: 200n * io + 1n });
    expect(await balance()).toEqual({ available: 30_000n * usd, held: 0n });
    expect(await getAccount(runtime.database, 'fx:io')).toMatchObject({ held: 0n });
    expect((await call('GET', `/v1/payouts/${made.body.id}`)).body).toEqual(made.body);
  });

  it('201: is the same payout when it is asked for again', async () => {
    const { runtime, name, reward, askRewards, balance } = await payoutRequests();
    await name('io');
    await reward(500n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    const headers = { 'idempotency-key': 'one-and-the-same' };
    const first = await askRewards(200n * io, 'io', { headers });
    expect((await askRewards(200n * io, 'io', { headers })).body).toEqual(first.body);
    expect((await balance('rewards')).held).toBe(200n * io);
  });

  it('201: that are worth $5,000 or more wait for the operator', async () => {
    const { runtime, name, reward, askRewards } = await payoutRequests();
    await name('io');
    await reward(50_000n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    expect((await askRewards(20_000n * io - 400n)).body.status).toBe('queued');
    expect((await askRewards(20_000n * io)).body.status).toBe('awaiting_approval');
  });

  it('400: in USDC', async () => {
    const { name, reward, askRewards } = await payoutRequests();
    await name('usdc');
    await reward(500n * io);
    const refused = await askRewards(200n * io, 'usdc');
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
    expect(JSON.stringify(refused.body)).toContain('rewards (an amount in io) are paid in io');
  });

  it('404: without a wallet for IO', async () => {
    const { name, reward, askRewards } = await payoutRequests();
    await name('usdc');
    await reward(500n * io);
    expect(await askRewards(200n * io)).toMatchObject({
      status: 404,
      body: { code: 'payout_wallet.not_found' },
    });
  });

  it('503: without a price of IO, which the limits count them at', async () => {
    const { name, reward, askRewards, balance } = await payoutRequests();
    await name('io');
    await reward(500n * io);
    expect(await askRewards(200n * io)).toMatchObject({
      status: 503,
      body: { code: 'token_price.unavailable' },
    });
    expect(await balance('rewards')).toEqual({ available: 500n * io, held: 0n });
  });

  it('422: refuses what is worth too little or too much, and what is not there', async () => {
    const { runtime, name, reward, askRewards, balance } = await payoutRequests();
    await name('io');
    await reward(300_000n * io);
    await setTokenPrice(runtime, 'io', 300_000_000n);
    const range = { minimum: '333333334', maximum: '16666666666666' };
    expect(await askRewards(333_333_333n)).toMatchObject({
      status: 422,
      body: { code: 'payout.amount_out_of_range', ...range },
    });
    expect((await askRewards(333_333_334n)).status).toBe(201);
    expect(await askRewards(16_666_666_666_667n)).toMatchObject({
      status: 422,
      body: { code: 'payout.amount_out_of_range', ...range },
    });
    await setTokenPrice(runtime, 'io', 100_000_000n);
    const { available } = await balance('rewards');
    expect(await askRewards(available + 1n)).toMatchObject({
      status: 422,
      body: { code: 'payout.balance_short', available: String(available) },
    });
  });

  it('429: counts them, with earnings, against what a supplier may ask for in a day', async () => {
    const { runtime, name, reward, ask, askRewards } = await payoutRequests(200_000n * usd);
    await name('io');
    await name('usdc');
    await reward(300_000n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    expect((await ask(40_000n * usd)).status).toBe(201);
    expect(await askRewards(40_000n * io + 400n)).toMatchObject({
      status: 429,
      body: { code: 'payout.limit_reached', maximum: '50000000000' },
    });
    expect((await askRewards(40_000n * io)).status).toBe(201);
  });

  it('429: at most twenty that are neither paid nor failed', async () => {
    const { runtime, name, reward, ask, askRewards, call, operator } = await payoutRequests();
    await name('io');
    await name('usdc');
    await reward(50_000n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    const large = await askRewards(20_000n * io);
    for (let n = 1; n < 20; n += 1) expect((await askRewards(4n * io)).status).toBe(201);
    for (const refused of [await askRewards(4n * io), await ask(1n * usd)]) {
      expect(refused).toMatchObject({
        status: 429,
        body: { code: 'payout.too_many_open', maximum: '20' },
      });
    }
    await call('POST', `/v1/payout-approvals/${large.body.id}`, {
      key: operator,
      body: { decision: 'reject', reason: 'looked at' },
    });
    expect((await ask(1n * usd)).status).toBe(201);
    expect((await askRewards(4n * io)).body.code).toBe('payout.too_many_open');
  });

  it('425, 403: not to a wallet that cools down, nor to one that the operator denied', async () => {
    const { runtime, name, reward, askRewards, call, operator } = await payoutRequests();
    await name('io', startMs + hourMs);
    await reward(500n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    expect((await askRewards(200n * io)).body.code).toBe('payout_wallet.cooling_down');
    runtime.clock.ms += hourMs;
    await setTokenPrice(runtime, 'io', 250_000_000n);
    await call('PUT', `/v1/denied-wallets/${address}`, {
      key: operator,
      body: { denied: true, reason: 'stolen' },
    });
    expect((await askRewards(200n * io)).body.code).toBe('payout.wallet_denied');
  });

  it('gives them back when the operator refuses', async () => {
    const { runtime, name, reward, askRewards, call, operator, balance } = await payoutRequests();
    await name('io');
    await reward(50_000n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    const { body } = await askRewards(20_000n * io);
    await call('POST', `/v1/payout-approvals/${body.id}`, {
      key: operator,
      body: { decision: 'reject', reason: 'looked at' },
    });
    expect(await balance('rewards')).toEqual({ available: 50_000n * io, held: 0n });
  });
});

describe('daily payouts', () => {
  it('ask for rewards, too, where the supplier has a wallet for IO', async () => {
    const { runtime, name, reward, call, balance } = await payoutRequests(100n * usd);
    await name('usdc');
    await call('PUT', '/v1/auto-payout', { body: { enabled: true, asset: 'usdc' } });
    await reward(50_000n * io);
    expect(await requestDailyPayouts(runtime)).toEqual({ done: 1, failed: 0 });
    expect(await balance('rewards')).toEqual({ available: 50_000n * io, held: 0n });
    await name('io');
    // Its limits need a price: without one it is an alarm, and the earnings do not wait for it.
    expect(await requestDailyPayouts(runtime)).toEqual({ done: 0, failed: 1 });
    expect(await balance()).toEqual({ available: 0n, held: 100n * usd });
    await setTokenPrice(runtime, 'io', 250_000_000n);
    for (let runs = 0; runs < 2; runs += 1) {
      expect(await requestDailyPayouts(runtime)).toEqual({ done: 1, failed: 0 });
    }
    // What a person would have to approve stays: $5,000 less a micro-dollar at 0.25.
    const held = 20_000n * io - 400n;
    expect(await balance('rewards')).toEqual({ available: 50_000n * io - held, held });
    const { data } = (await call('GET', '/v1/payouts')).body;
    expect(data.map(({ source }: { source: string }) => source).toSorted()).toEqual([
      'earnings',
      'rewards',
    ]);
  });

  it('leave rewards that are worth too little', async () => {
    const { runtime, name, reward, call, balance } = await payoutRequests();
    await name('io');
    await call('PUT', '/v1/auto-payout', { body: { enabled: true, asset: 'io' } });
    await reward(4n * io - 1n);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    await requestDailyPayouts(runtime);
    expect(await balance('rewards')).toEqual({ available: 4n * io - 1n, held: 0n });
    await reward(1n);
    await requestDailyPayouts(runtime);
    expect(await balance('rewards')).toEqual({ available: 0n, held: 4n * io });
  });
});

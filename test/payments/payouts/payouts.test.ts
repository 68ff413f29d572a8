/** The endpoints of payouts through their real pipeline: what a supplier may ask for, and what an operator decides. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { commit } from '../../../functions/kit/transaction.ts';
import { payoutRoutes } from '../../../functions/payments/payout-routes.ts';
import { requestDailyPayouts } from '../../../functions/payments/payouts/request-daily-payouts.schedule.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { newId } from '../../../shared/core/ids.ts';
import { dayMs, hourMs } from '../../../shared/core/time.ts';
import { supplierAccount, supplierIoAccount } from '../../../shared/ledger/account.ts';
import { type PayoutSource, payoutAccount } from '../../../shared/ledger/chain/payout-hold.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { writesOf } from '../../../shared/ledger/posting.ts';
import { causeOf } from '../../../shared/ledger/transfer.ts';
import { putPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { callHttp, type TestRequest } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { startMs, testRuntime } from '../../support/runtime.ts';
import { setTokenPrice } from '../prices/samples.ts';

const address = '4Nd1mYbKf2mHwZkPEVF7Bo4qPaqZ5Vt8zdLPhT6PtqfW';
const usd = 1_000_000n;
const io = 100_000_000n;

const setup = async (earned = 30_000n * usd) => {
  const runtime = testRuntime('payouts');
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const otherId = await makeOrganisation(runtime, 'Other');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const other = await makeKey(runtime, otherId, 'owner');
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Us'), 'operator');
  const serve = httpFunction(runtime, payoutRoutes, { keyMode: 'test' });
  let requests = 0;
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) => {
    requests += 1;
    const headers = { 'idempotency-key': `request-${requests}`, ...request.headers };
    return callHttp(serve, { method, path, key: owner, ...request, headers });
  };
  let facts = 0;
  const post = async (asset: 'usd' | 'io', from: string, to: string, units: bigint) => {
    facts += 1;
    const id = `setup-${facts}`;
    const legs = [
      { account: from, units: -units },
      { account: to, units },
    ];
    const base = { id, cause: causeOf({ id }), asset, code: 'treasury_funding', atMs: startMs };
    await commit(runtime, writesOf({ transfers: [{ ...base, legs } as never] }));
  };
  await post('usd', 'exp:grant', supplierAccount(organisationId), earned);
  await post('io', 'ext:io', 'fx:io', 1_000n * io);
  const reward = (units: bigint) => post('io', 'ext:io', supplierIoAccount(organisationId), units);
  /** Names a wallet that may be paid to from then on. */
  const name = async (asset: Token, payableFromMs = startMs) => {
    const id = newId('pwl', startMs, runtime.randomness);
    const walletId = newId('wal', startMs, runtime.randomness);
    const base = { id, organisationId, asset, address, walletId, actor: 'key_1', ended: null };
    const wallet = { ...base, createdAtMs: startMs, payableFromMs };
    await commit(runtime, putPayoutWallet(wallet, undefined));
  };
  const ask = (units: bigint, asset: Token = 'usdc', more: Partial<TestRequest> = {}) =>
    call('POST', '/v1/payouts', {
      body: { amount: { amount: units.toString(), currency: 'usd' }, asset },
      ...more,
    });
  const askRewards = (units: bigint, asset: Token = 'io', more: Partial<TestRequest> = {}) =>
    ask(0n, asset, {
      body: { amount: { amount: units.toString(), currency: 'io' }, asset },
      ...more,
    });
  const balance = async (source: PayoutSource = 'earnings') => {
    const account = payoutAccount(source, organisationId);
    const { available, held } = await getAccount(runtime.database, account);
    return { available, held };
  };
  return {
    ...{ runtime, organisationId, owner, other, operator, call },
    ...{ name, reward, ask, askRewards, balance },
  };
};

describe('POST /v1/payouts', () => {
  it('201: holds the earnings and says what arrives', async () => {
    const { name, ask, balance, call } = await setup();
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
    const { name, ask, balance } = await setup();
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
    const { name, ask } = await setup();
    await name('usdc');
    expect((await ask(5_000n * usd - 1n)).body.status).toBe('queued');
    expect((await ask(5_000n * usd)).body.status).toBe('awaiting_approval');
  });

  it('422: of IO, where the platform has no token', async () => {
    const { runtime, owner, name, balance } = await setup();
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
    const { name, ask, balance } = await setup(100n * usd);
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
    const { name, ask, runtime } = await setup();
    await name('usdc', startMs + 24 * hourMs);
    expect(await ask(50n * usd)).toMatchObject({
      status: 425,
      body: { code: 'payout_wallet.cooling_down', payable_from: '2026-11-23T12:00:00.000Z' },
    });
    runtime.clock.ms += 24 * hourMs;
    expect((await ask(50n * usd)).status).toBe(201);
  });

  it('429: above what a supplier may ask for in a day, until the next one', async () => {
    const { name, ask, runtime } = await setup(200_000n * usd);
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
    const { name, ask, call, operator } = await setup();
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
    const { name, ask, runtime } = await setup();
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

describe('POST /v1/payouts of rewards', () => {
  it('201: holds the IO itself, without a fee, and takes none of the platform’s', async () => {
    const { runtime, name, reward, askRewards, balance, call } = await setup();
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
    const { runtime, name, reward, askRewards, balance } = await setup();
    await name('io');
    await reward(500n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    const headers = { 'idempotency-key': 'one-and-the-same' };
    const first = await askRewards(200n * io, 'io', { headers });
    expect((await askRewards(200n * io, 'io', { headers })).body).toEqual(first.body);
    expect((await balance('rewards')).held).toBe(200n * io);
  });

  it('201: that are worth $5,000 or more wait for the operator', async () => {
    const { runtime, name, reward, askRewards } = await setup();
    await name('io');
    await reward(50_000n * io);
    await setTokenPrice(runtime, 'io', 250_000_000n);
    expect((await askRewards(20_000n * io - 400n)).body.status).toBe('queued');
    expect((await askRewards(20_000n * io)).body.status).toBe('awaiting_approval');
  });

  it('400: in USDC', async () => {
    const { name, reward, askRewards } = await setup();
    await name('usdc');
    await reward(500n * io);
    const refused = await askRewards(200n * io, 'usdc');
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
    expect(JSON.stringify(refused.body)).toContain('rewards (an amount in io) are paid in io');
  });

  it('404: without a wallet for IO', async () => {
    const { name, reward, askRewards } = await setup();
    await name('usdc');
    await reward(500n * io);
    expect(await askRewards(200n * io)).toMatchObject({
      status: 404,
      body: { code: 'payout_wallet.not_found' },
    });
  });

  it('503: without a price of IO, which the limits count them at', async () => {
    const { name, reward, askRewards, balance } = await setup();
    await name('io');
    await reward(500n * io);
    expect(await askRewards(200n * io)).toMatchObject({
      status: 503,
      body: { code: 'token_price.unavailable' },
    });
    expect(await balance('rewards')).toEqual({ available: 500n * io, held: 0n });
  });

  it('422: refuses what is worth too little or too much, and what is not there', async () => {
    const { runtime, name, reward, askRewards, balance } = await setup();
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
    const { runtime, name, reward, ask, askRewards } = await setup(200_000n * usd);
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

  it('425, 403: not to a wallet that cools down, nor to one that the operator denied', async () => {
    const { runtime, name, reward, askRewards, call, operator } = await setup();
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
    const { runtime, name, reward, askRewards, call, operator, balance } = await setup();
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

describe('the operator', () => {
  it('lets a large payout go, or gives it back, once', async () => {
    const { name, ask, call, operator, balance } = await setup();
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
    const { call, operator, runtime } = await setup();
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
    const { name, call, runtime, balance } = await setup(100n * usd);
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

  it('ask for rewards, too, where the supplier has a wallet for IO', async () => {
    const { runtime, name, reward, call, balance } = await setup(100n * usd);
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
    const { runtime, name, reward, call, balance } = await setup();
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

  it('leave what a person would have to approve to a request of the supplier’s own', async () => {
    const { name, call, runtime } = await setup(8_000n * usd);
    await name('usdc');
    await call('PUT', '/v1/auto-payout', { body: { enabled: true, asset: 'usdc' } });
    await requestDailyPayouts(runtime);
    const [payout] = (await call('GET', '/v1/payouts')).body.data;
    expect(payout).toMatchObject({ status: 'queued', amount: { amount: '4999999999' } });
  });
});

it('404: somebody else’s payout looks like an unknown one', async () => {
  const { name, ask, call, other } = await setup();
  await name('usdc');
  const { body } = await ask(50n * usd);
  expect(await call('GET', `/v1/payouts/${body.id}`, { key: other })).toMatchObject({
    status: 404,
    body: { code: 'payout.not_found' },
  });
  expect((await call('GET', '/v1/payouts', { key: other })).body.data).toEqual([]);
});

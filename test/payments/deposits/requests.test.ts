/** Requests: too much, too little, too late, in the other token, at which price, and what is refused. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { depositRoutes } from '../../../functions/payments/deposit-routes.ts';
import { pollDeposits } from '../../../functions/payments/deposits/poll-deposits.schedule.ts';
import { getUsdcPeg } from '../../../functions/payments/prices/token-prices.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { nanoPerUsd } from '../../../shared/core/token-price.ts';
import { memo } from '../../local/solana/service.ts';
import { callHttp } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { depositService, dollar, ioNanoUsd, oneIo } from './deposit-service.ts';

describe('a payment of another amount than asked for', () => {
  it('that is too little leaves the request partial, until the rest comes', async () => {
    const { ask, pay, settle, show, check } = await depositService();
    const request = await ask('usdc', 102n * dollar);
    await pay({ units: 51n * dollar, for: request });
    await settle();
    expect(await show(request.id)).toMatchObject({
      status: 'partial',
      credit: { amount: String(50n * dollar) },
    });
    await pay({ units: 52n * dollar, for: request });
    await settle();
    expect(await show(request.id)).toMatchObject({
      status: 'paid',
      received: { amount: String(103n * dollar) },
    });
    await check();
  });

  it('that is too much is credited whole', async () => {
    const { ask, pay, settle, show, balances, check } = await depositService();
    const request = await ask('usdc', 10n * dollar);
    await pay({ units: 102n * dollar, for: request });
    await settle();
    expect(await show(request.id)).toMatchObject({ status: 'paid' });
    expect((await balances()).available).toBe(100n * dollar);
    await check();
  });

  it('that is too late is credited whole, and late', async () => {
    const { ask, pay, settle, wait, show, balances, check } = await depositService();
    const request = await ask('usdc', 51n * dollar);
    await wait(61 * minuteMs);
    expect(await show(request.id)).toMatchObject({ status: 'expired' });
    await pay({ units: 51n * dollar, for: request });
    await settle();
    expect(await show(request.id)).toMatchObject({ status: 'late' });
    expect((await balances()).available).toBe(50n * dollar);
    await check();
  });
});

describe('IO', () => {
  it('counts at the price that was promised, for what was asked, in time', async () => {
    const { ask, pay, giveIo, settle, setPrice, runtime, show, balances, check } =
      await depositService();
    await giveIo(1000n * oneIo);
    const request = await ask('io', 100n * oneIo);
    runtime.clock.ms += minuteMs;
    await setPrice('io', ioNanoUsd);
    await pay({ token: 'io', units: 100n * oneIo, for: request });
    await settle();
    expect((await balances()).available).toBe(25n * dollar);
    expect(await show(request.id)).toMatchObject({
      status: 'paid',
      price: { nano_usd_per_io: String(ioNanoUsd), amount: { currency: 'io' } },
    });
    await check();
  });

  it('counts at the promised price once, also when two payments come at once', async () => {
    const { ask, pay, giveIo, settle, setPrice, runtime, show, check } = await depositService();
    await giveIo(1000n * oneIo);
    const request = await ask('io', 100n * oneIo);
    runtime.clock.ms += 2 * minuteMs;
    await setPrice('io', (ioNanoUsd * 97n) / 100n);
    await pay({ token: 'io', units: 100n * oneIo, for: request });
    await pay({ token: 'io', units: 100n * oneIo, for: request, before: [memo('again')] });
    await settle();
    const { payments } = await show(request.id);
    const credits = payments.map((payment: { credit: { amount: string } }) =>
      BigInt(payment.credit.amount),
    );
    expect(credits.filter((credit: bigint) => credit === 25n * dollar)).toHaveLength(1);
    expect(credits.filter((credit: bigint) => credit < 25n * dollar)).toHaveLength(1);
    await check();
  });

  it('waits while there is no price, and is credited when there is one', async () => {
    const service = await depositService();
    const { runtime, pay, giveIo, settle, wait, suspense, ask, balances, check } = service;
    await giveIo(1000n * oneIo);
    const request = await ask('io');
    // Past what was promised, with no reading since.
    runtime.clock.ms += 20 * minuteMs;
    service.chain.clock.ms += 20 * minuteMs;
    await pay({ token: 'io', units: 4n * oneIo, for: request });
    expect(await settle()).toEqual({ done: 0, failed: 0 });
    expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
    await wait(minuteMs);
    expect(await settle()).toEqual({ done: 1, failed: 0 });
    expect((await balances()).available).toBe(dollar);
    await check();
  });

  it('beyond what the platform will hold is in suspense', async () => {
    const service = await depositService({ ioPositionLimit: 10n * oneIo });
    const { ask, pay, giveIo, settle, suspense, balances, check } = service;
    await giveIo(1000n * oneIo);
    const request = await ask('io');
    await pay({ token: 'io', units: 8n * oneIo, for: request });
    await settle();
    await pay({ token: 'io', units: 3n * oneIo, for: request });
    await settle();
    expect(await suspense()).toEqual({ usdc: 0n, io: 3n * oneIo });
    expect((await balances()).available).toBe(2n * dollar);
    await check();
  });
});

describe('USDC that is not worth a dollar', () => {
  it('waits, is asked for no more, and is credited when it is again', async () => {
    const service = await depositService();
    const { ask, pay, settle, runtime, setPrice, needs, balances, call, check } = service;
    const request = await ask('usdc');
    runtime.clock.ms += minuteMs;
    await setPrice('usdc', (nanoPerUsd * 97n) / 100n);
    expect(await getUsdcPeg(needs)).toBe('depegged');
    await pay({ units: 51n * dollar, for: request });
    expect(await settle()).toEqual({ done: 0, failed: 0 });
    expect((await balances()).available).toBe(0n);
    expect(await call('POST', '/v1/deposits', { body: { token: 'usdc' } })).toMatchObject({
      status: 503,
      body: { code: 'deposit.usdc_paused' },
    });
    runtime.clock.ms += 30 * minuteMs;
    await setPrice('usdc', nanoPerUsd);
    await settle();
    expect((await balances()).available).toBe(50n * dollar);
    await check();
  });
});

describe('what is asked for wrongly', () => {
  it('is refused with what to do', async () => {
    const { call, ask, runtime } = await depositService();
    const post = (body: object) => call('POST', '/v1/deposits', { body });
    const amount = (amount: string, currency: string) => ({ amount: { amount, currency } });
    expect(await post({ token: 'usdc', ...amount('9999', 'usd') })).toMatchObject({
      status: 422,
      body: { code: 'deposit.amount_too_small', minimum: '10000' },
    });
    expect(await post({ token: 'usdc', ...amount('0', 'usd') })).toMatchObject({ status: 400 });
    expect(await post({ token: 'usdc', ...amount('20000', 'io') })).toMatchObject({ status: 400 });
    expect(await post({ token: 'sol' })).toMatchObject({ status: 400 });
    const other = await makeKey(runtime, await makeOrganisation(runtime, 'Other'));
    const { id } = await ask('usdc');
    expect(await call('GET', `/v1/deposits/${id}`, { key: other })).toMatchObject({
      status: 404,
      body: { code: 'deposit.not_found' },
    });
    expect((await call('GET', '/v1/deposits', { key: other })).body.data).toEqual([]);
    expect((await call('GET', '/v1/deposits')).body.data).toMatchObject([{ id, status: 'open' }]);
  });

  it('where the platform has no token', async () => {
    const { needs, owner } = await depositService();
    const bare = { ...needs, token: undefined };
    const serve = httpFunction(bare, depositRoutes, { keyMode: 'test' });
    const headers = { 'idempotency-key': 'request-0' };
    const post = (token: string) =>
      callHttp(serve, {
        ...{ method: 'POST', path: '/v1/deposits', key: owner, headers },
        body: { token },
      });
    expect(await post('io')).toMatchObject({ status: 422, body: { code: 'token.none' } });
  });

  it('where the platform has no chain yet', async () => {
    const { needs, owner } = await depositService();
    const watched = async () => {
      throw new AppError('solana.not_configured');
    };
    const bare = { ...needs, watched };
    const serve = httpFunction(bare, depositRoutes, { keyMode: 'test' });
    const headers = { 'idempotency-key': 'request-0' };
    const request = { key: owner, headers, body: { token: 'usdc' } };
    expect(
      await callHttp(serve, { method: 'POST', path: '/v1/deposits', ...request }),
    ).toMatchObject({ status: 503, body: { code: 'solana.not_configured' } });
    expect(await pollDeposits(bare)).toEqual({ done: 0, failed: 0 });
  });
});

/** Prices from the minute's reading to what money is credited at, behind their real pipelines. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { priceSource } from '../../../functions/payments/prices/price-source.ts';
import {
  type PriceNeeds,
  readPrices,
} from '../../../functions/payments/prices/read-prices.schedule.ts';
import {
  getUsdcPeg,
  ioPriceNow,
  requireIoPrice,
} from '../../../functions/payments/prices/token-prices.ts';
import { paymentsRoutes } from '../../../functions/payments/routes.ts';
import type { PricePort } from '../../../shared/adapters/price-port.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import type { PriceReading } from '../../../shared/core/token-price.ts';
import { listPriceSamples } from '../../../shared/payments/prices/price-store.ts';
import { callHttp } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { startMs, testRuntime } from '../../support/runtime.ts';
import { setTokenPrice } from './samples.ts';

const dollar = 1_000_000_000n;

/** A market that the test moves, and the task that reads it. */
const setup = () => {
  const runtime = testRuntime();
  const market = {
    io: dollar / 4n,
    usdc: dollar,
    /** How far the source's clock is ahead. */
    aheadMs: 0,
    failure: undefined as Error | undefined,
  };
  const port: PricePort = {
    source: 'pyth',
    readPrices: async () => {
      if (market.failure) throw market.failure;
      const publishedAtMs = runtime.clock.ms + market.aheadMs;
      const reading = { confidenceNanoUsd: 1_000n, publishedAtMs };
      const io: PriceReading = { ...reading, token: 'io', nanoUsd: market.io };
      return [io, { ...reading, token: 'usdc', nanoUsd: market.usdc }];
    },
  };
  const needs: PriceNeeds = { ...runtime, prices: async () => port };
  const read = () => readPrices(needs);
  const readFor = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      runtime.clock.ms += minuteMs;
      await read();
    }
  };
  const show = async () => {
    const organisation = await makeOrganisation(runtime, 'Acme');
    const key = await makeKey(runtime, organisation, 'billing');
    const serve = httpFunction(runtime, paymentsRoutes, { keyMode: 'test' });
    return callHttp(serve, { method: 'GET', path: '/v1/token-prices', key });
  };
  return { runtime, market, needs, read, readFor, show };
};

describe('read-prices', () => {
  it('keeps each reading once, and for ever', async () => {
    const { runtime, market, read, readFor } = setup();
    await readFor(2);
    market.io = dollar;
    // The same second again: what the source says of it now does not change what was kept.
    await read();
    expect(await listPriceSamples(runtime.database, 'io')).toEqual(
      [1, 2].map((minute) => ({
        token: 'io',
        nanoUsd: dollar / 4n,
        confidenceNanoUsd: 1_000n,
        publishedAtMs: startMs + minute * minuteMs,
        source: 'pyth',
      })),
    );
  });

  it('keeps a reading once when two runs meet', async () => {
    const { runtime, read } = setup();
    expect(await Promise.all([read(), read()])).toEqual([
      { done: 2, failed: 0 },
      { done: 2, failed: 0 },
    ]);
    expect(await listPriceSamples(runtime.database, 'io')).toHaveLength(1);
  });

  it('waits for a source that does not answer, and is an alarm after ten minutes', async () => {
    const { runtime, market, read, readFor } = setup();
    await readFor(5);
    market.failure = new AppError('token_price.unavailable');
    await readFor(10);
    expect(runtime.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'prices.unread', source: 'pyth' }),
    );
    runtime.clock.ms += 1;
    await expect(read()).rejects.toThrow('no price of io for ten minutes');
  });

  it('does not hide a bug of ours as a silent source', async () => {
    const { market, read } = setup();
    market.failure = new TypeError('undefined is not a function');
    await expect(read()).rejects.toThrow(TypeError);
  });

  it('keeps nothing from the future', async () => {
    const { runtime, market, readFor, read } = setup();
    await readFor(1);
    market.aheadMs = minuteMs;
    expect(await read()).toEqual({ done: 0, failed: 2 });
    expect(await listPriceSamples(runtime.database, 'io')).toHaveLength(1);
  });

  it('is an alarm while USDC is not worth a dollar, after keeping what it read', async () => {
    const { runtime, market, read, readFor } = setup();
    await readFor(3);
    market.usdc = (dollar * 97n) / 100n;
    runtime.clock.ms += minuteMs;
    await expect(read()).rejects.toThrow('USDC is not worth a dollar');
    expect(await getUsdcPeg(runtime)).toBe('depegged');
    expect(await listPriceSamples(runtime.database, 'usdc')).toHaveLength(4);
  });

  it('does nothing until a source is set up', async () => {
    const { needs, runtime } = setup();
    const idle = { ...needs, prices: async () => undefined };
    expect(await readPrices(idle)).toEqual({ done: 0, failed: 0 });
    expect(await getUsdcPeg(runtime)).toBe('unknown');
  });
});

describe('what money is credited at', () => {
  it('is the mean of what was read, and gone when reading ends', async () => {
    const { runtime, market, readFor } = setup();
    await readFor(5);
    market.io = (dollar * 26n) / 100n;
    await readFor(5);
    const price = await requireIoPrice(runtime);
    expect(price).toEqual({
      nanoUsdPerIo: (dollar * 255n) / 1000n,
      id: `io:${(startMs + 10 * minuteMs) / 1000}`,
      atMs: startMs + 10 * minuteMs,
    });
    expect(await ioPriceNow(runtime)).toEqual(price);
    runtime.clock.ms += 3 * minuteMs + 1;
    await expect(requireIoPrice(runtime)).rejects.toMatchObject({
      code: 'token_price.unavailable',
      options: { retryAfterSeconds: 60, extra: { reason: 'stale' } },
    });
    expect(await ioPriceNow(runtime)).toBeUndefined();
  });

  it('counts USDC as a dollar for an hour after the last reading', async () => {
    const { runtime, readFor } = setup();
    expect(await getUsdcPeg(runtime)).toBe('unknown');
    await readFor(1);
    runtime.clock.ms += hourMs;
    expect(await getUsdcPeg(runtime)).toBe('at_par');
    runtime.clock.ms += 1;
    expect(await getUsdcPeg(runtime)).toBe('unknown');
  });

  it('is at once what a test or stage local sets', async () => {
    const { runtime } = setup();
    await setTokenPrice(runtime, 'io', dollar);
    await setTokenPrice(runtime, 'io', dollar / 2n);
    expect(await requireIoPrice(runtime)).toMatchObject({ nanoUsdPerIo: dollar / 2n });
  });
});

describe('GET /v1/token-prices', () => {
  it('200: shows why there is no price yet', async () => {
    const { show } = setup();
    const { status, body } = await show();
    expect(status).toBe(200);
    expect(body.data).toEqual([
      {
        object: 'token_price',
        token: 'io',
        status: 'missing',
        nano_usd: null,
        price_id: null,
        newest: null,
      },
      {
        object: 'token_price',
        token: 'usdc',
        status: 'unknown',
        nano_usd: null,
        price_id: null,
        newest: null,
      },
    ]);
  });

  it('200: shows what money moves at, and what was read last', async () => {
    const { show, readFor, runtime } = setup();
    await readFor(6);
    const { body } = await show();
    const seconds = runtime.clock.ms / 1000;
    const newest = {
      nano_usd: '250000000',
      confidence_nano_usd: '1000',
      published_at: '2026-11-22T12:06:00.000Z',
      source: 'pyth',
    };
    expect(body.data).toMatchObject([
      { status: 'current', nano_usd: '250000000', price_id: `io:${seconds}`, newest },
      { status: 'at_par', nano_usd: '1000000000', price_id: `usdc:${seconds}` },
    ]);
  });
});

describe('the source of prices', () => {
  const made = (stored: string, fixed?: string) =>
    priceSource({
      clock: testRuntime().clock,
      secrets: { read: async () => stored, readPrevious: async () => undefined },
      secretArn: 'arn:price-key',
      fixed,
    })();

  it('is none while the operator stored no key', async () => {
    expect(await made('{"replace_me":"x7f"}')).toBeUndefined();
    expect(await made('x7f')).toBeUndefined();
    expect(await made('{"api_key":""}')).toBeUndefined();
  });

  it('is Pyth with the key that is stored', async () => {
    expect((await made('{"api_key":"k"}'))?.source).toBe('pyth');
  });

  it('is what was set on stage local', async () => {
    const port = await made('', '{"io":"250000000","usdc":"1000000000"}');
    expect(port?.source).toBe('fixed');
    expect(await port?.readPrices()).toEqual([
      { token: 'io', nanoUsd: 250_000_000n, confidenceNanoUsd: 0n, publishedAtMs: startMs },
      { token: 'usdc', nanoUsd: 1_000_000_000n, confidenceNanoUsd: 0n, publishedAtMs: startMs },
    ]);
  });

  it('is not started with settings that are no prices', () => {
    expect(() => made('', '{"io":0.25,"usdc":1}')).toThrow('expected string');
  });
});

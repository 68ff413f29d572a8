/**
 * Pyth's prices over HTTP: the real adapter against a server that answers in Hermes' own form, and against one
 * that answers anything else.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pyth, pythFeeds } from '../../shared/adapters/pyth.ts';

interface Asked {
  readonly url: URL;
  readonly authorization: string | undefined;
}

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

/** A server that answers everything with `answer`, and the adapter that asks it. */
const setup = async (answer: (response: ServerResponse) => void, timeoutMs?: number) => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    asked.push({
      url: new URL(request.url ?? '', 'http://hermes.test'),
      authorization: request.headers.authorization,
    });
    answer(response);
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hermes`;
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return { asked, port: pyth({ apiKey: 'key-of-ours', address, ...limit }) };
};

const price = (fields: Readonly<Record<string, unknown>> = {}) => ({
  price: '12345678',
  conf: '54321',
  expo: -8,
  publish_time: 1_795_348_799,
  ...fields,
});

/** One feed as Hermes documents it, with what we do not use. */
const feed = (id: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  id,
  price: price(fields),
  ema_price: price({ price: '1' }),
  metadata: { slot: 85_480_034, proof_available_time: 1, prev_publish_time: 1 },
});

const usdcFields = { price: '99991234', conf: '70001' };
const usdc = feed(pythFeeds.usdc, usdcFields);

const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

const feeds = (...parsed: readonly unknown[]) =>
  json({ binary: { encoding: 'hex', data: ['504e4155'] }, parsed });

const unavailable = { code: 'token_price.unavailable' };

describe('prices from Pyth', () => {
  it('are asked for by feed, with the key, and come as whole nano-dollars', async () => {
    const { asked, port } = await setup(feeds(usdc, feed(pythFeeds.io)));
    expect(await port.readPrices()).toEqual([
      {
        token: 'io',
        nanoUsd: 123_456_780n,
        confidenceNanoUsd: 543_210n,
        publishedAtMs: 1_795_348_799_000,
      },
      {
        token: 'usdc',
        nanoUsd: 999_912_340n,
        confidenceNanoUsd: 700_010n,
        publishedAtMs: 1_795_348_799_000,
      },
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.authorization).toBe('Bearer key-of-ours');
    expect(asked[0]?.url.pathname).toBe('/hermes/v2/updates/price/latest');
    expect(asked[0]?.url.searchParams.getAll('ids[]')).toEqual([pythFeeds.io, pythFeeds.usdc]);
  });

  it.each([
    { expo: -8, price: '1', conf: '1', nanoUsd: 10n, confidenceNanoUsd: 10n },
    { expo: -9, price: '7', conf: '3', nanoUsd: 7n, confidenceNanoUsd: 3n },
    // Finer than a nano-dollar: the price is rounded down, the doubt up.
    { expo: -12, price: '1999', conf: '1', nanoUsd: 1n, confidenceNanoUsd: 1n },
    {
      expo: 0,
      price: '65000',
      conf: '20',
      nanoUsd: 65_000n * 10n ** 9n,
      confidenceNanoUsd: 20n * 10n ** 9n,
    },
  ])('of exponent $expo are exact', async ({ nanoUsd, confidenceNanoUsd, ...fields }) => {
    const { port } = await setup(feeds(feed(pythFeeds.io, fields)));
    expect(await port.readPrices()).toMatchObject([{ token: 'io', nanoUsd, confidenceNanoUsd }]);
  });

  it('of an id with 0x are the same feed', async () => {
    const { port } = await setup(feeds(feed(`0x${pythFeeds.io}`)));
    expect(await port.readPrices()).toMatchObject([{ token: 'io' }]);
  });

  it.each([
    ['nothing', '0'],
    ['less than nothing', '-5'],
    ['a fraction', '1.5'],
    ['a number instead of digits', 5],
    ['more digits than a price has', '9'.repeat(21)],
  ])('leave out a feed that says %s, and keep its neighbour', async (_, said) => {
    const { port } = await setup(feeds(feed(pythFeeds.io, { price: said }), usdc));
    expect(await port.readPrices()).toMatchObject([{ token: 'usdc' }]);
  });

  it.each([
    ['an exponent out of all bounds', { expo: -40 }],
    ['an exponent that is no whole number', { expo: -7.5 }],
    ['no time', { publish_time: undefined }],
    ['a time in milliseconds', { publish_time: 1_795_348_799_000 }],
    ['no confidence', { conf: undefined }],
  ])('leave out a feed with %s', async (_, fields) => {
    const { port } = await setup(feeds(feed(pythFeeds.io, fields), usdc));
    expect(await port.readPrices()).toMatchObject([{ token: 'usdc' }]);
  });

  it('leave out a feed that is answered twice, whichever of the two it meant', async () => {
    const { port } = await setup(
      feeds(feed(pythFeeds.io), feed(pythFeeds.io, { price: '1' }), usdc),
    );
    expect(await port.readPrices()).toMatchObject([{ token: 'usdc' }]);
  });

  it.each([
    ['feeds that nobody asked for', feeds(feed('ab'.repeat(32)))],
    ['no feed', feeds()],
    ['no parsed prices', json({ binary: { encoding: 'hex', data: [] } })],
    ['something else', json([1, 2])],
    ['half an answer', (response: ServerResponse) => void response.end('{"parsed":[')],
    ['a refusal of the key', json({ error: 'unauthorized' }, 401)],
    ['that we ask too often', json('slow down', 429)],
    ['a fault of its own', json({}, 503)],
    [
      'with another address',
      (response: ServerResponse) =>
        void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    ['by closing the connection', (response: ServerResponse) => void response.destroy()],
  ])('are unavailable when the source answers %s', async (_, answer) => {
    const { port } = await setup(answer);
    await expect(port.readPrices()).rejects.toMatchObject(unavailable);
  });

  it('are unavailable when the answer is late, and no answer is waited for longer', async () => {
    const { port } = await setup(() => undefined, 30);
    await expect(port.readPrices()).rejects.toMatchObject({
      ...unavailable,
      cause: { name: 'TimeoutError' },
    });
  });

  it('never show the key in what goes wrong', async () => {
    const { port } = await setup(json({}, 401));
    const error: unknown = await port.readPrices().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(unavailable);
    const { message, options, cause } = error as Error & { readonly options: unknown };
    expect(`${message} ${JSON.stringify(options)} ${String(cause)}`).not.toContain('key-of-ours');
  });
});

/**
 * Pyth's prices through Hermes, its HTTP interface. Hermes answers a number, an exponent and a confidence
 * interval; they become whole nano-dollars here and nothing else. An answer that is late, broken or of other
 * feeds is `token_price.unavailable`: the next minute asks again, so nothing is retried here.
 */
import * as z from 'zod';
import type { Token } from '../core/chain.ts';
import { AppError } from '../core/errors.ts';
import { mulDivCeil, mulDivFloor } from '../core/money.ts';
import { secondMs } from '../core/time.ts';
import { type PriceReading, pricedTokens } from '../core/token-price.ts';
import type { PricePort } from './price-port.ts';

/** Pyth's own Hermes; since August 2026 it answers nobody without a key. */
const pythAddress = 'https://pyth.dourolabs.app/hermes';

/** Pyth's ids of the feeds IO/USD and USDC/USD, the same on every chain. */
export const pythFeeds: Readonly<Record<Token, string>> = {
  io: '82595d1509b770fa52681e260af4dda9752b87316d7c048535d8ead3fa856eb1',
  usdc: 'eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a',
};

export interface PythAccess {
  readonly apiKey: string;
  /** Where Hermes is instead of at Pyth's own address. */
  readonly address?: string;
  /** 5 seconds unless told. */
  readonly timeoutMs?: number;
}

const timeoutMsUsual = 5 * secondMs;
/** Places of a nano-dollar. */
const nanoPlaces = 9;

const digits = z.string().regex(/^[0-9]{1,20}$/);

/** Of an answer only what is used; the binary update, meant for chains, is left alone. */
const answerSchema = z.object({ parsed: z.array(z.looseObject({ id: z.string() })) });

const feedSchema = z.object({
  price: z.object({
    /** Above 0: what is worth nothing, or less, is no price. */
    price: digits.regex(/[1-9]/),
    conf: digits,
    expo: z.int().min(-18).max(9),
    publish_time: z.int().min(1).max(9_999_999_999),
  }),
});

/** The port over Hermes. */
export const pyth = ({ apiKey, address = pythAddress, timeoutMs }: PythAccess): PricePort => {
  const target = new URL(`${address}/v2/updates/price/latest`);
  for (const token of pricedTokens) target.searchParams.append('ids[]', pythFeeds[token]);
  target.searchParams.set('parsed', 'true');
  // A feed that Pyth gave up must not take the other one with it.
  target.searchParams.set('ignore_invalid_price_ids', 'true');
  const fetchAnswer = async (): Promise<string> => {
    const response = await fetch(target, {
      headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs ?? timeoutMsUsual),
    });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`Hermes answered ${response.status}`);
    return body;
  };
  return {
    source: 'pyth',
    readPrices: async () => {
      try {
        return readingsOf(JSON.parse(await fetchAnswer()));
      } catch (cause) {
        throw new AppError('token_price.unavailable', {
          message: 'The price source does not answer with prices.',
          cause,
        });
      }
    },
  };
};

/** The readings of an answer; throws where nothing in it is what Hermes documents. */
const readingsOf = (answer: unknown): readonly PriceReading[] => {
  const { parsed } = answerSchema.parse(answer);
  const readings = pricedTokens.flatMap((token) => {
    const feeds = parsed.filter(({ id }) => id.replace(/^0x/, '') === pythFeeds[token]);
    // Of a feed that is broken, or there twice, nothing is taken; its neighbour is.
    const [feed] = feeds.length === 1 ? feeds : [];
    const read = feedSchema.safeParse(feed);
    return read.success ? [readingOf(token, read.data)] : [];
  });
  if (readings.length === 0) throw new Error('Hermes answered no price');
  return readings;
};

const readingOf = (token: Token, { price }: z.output<typeof feedSchema>): PriceReading => {
  const { up, down } = scaleOf(price.expo);
  return {
    token,
    nanoUsd: mulDivFloor(BigInt(price.price), up, down),
    confidenceNanoUsd: mulDivCeil(BigInt(price.conf), up, down),
    publishedAtMs: price.publish_time * secondMs,
  };
};

/** Factor from units of 10^expo dollars to nano-dollars. */
const scaleOf = (expo: number): { readonly up: bigint; readonly down: bigint } => {
  const places = nanoPlaces + expo;
  return places >= 0
    ? { up: 10n ** BigInt(places), down: 1n }
    : { up: 1n, down: 10n ** BigInt(-places) };
};

/** What crosses the boundary of the endpoint of token prices. */
import * as z from 'zod';
import { isoOf } from '../../core/time.ts';
import { nanoPerUsd } from '../../core/token-price.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import {
  decideIoPrice,
  decidePeg,
  type PriceSample,
  priceIdOf,
  priceRefusals,
} from './token-price.ts';

const nanoSchema = z
  .string()
  .regex(/^(0|[1-9][0-9]*)$/)
  .meta({ example: '1250000000' });

export const tokenPriceSchema = z
  .strictObject({
    object: z.literal('token_price'),
    token: z.enum(['io', 'usdc']),
    /** `current`: money moves at it. USDC: `at_par` counts as a dollar. All else: why money waits. */
    status: z.enum(['current', ...priceRefusals, 'at_par', 'depegged', 'unknown']),
    /** Nano-dollars (9 places) for one whole token; null while money does not move at it. */
    nano_usd: nanoSchema.nullable(),
    /** Name of the price; ledger transfers made at it carry it. */
    price_id: z.string().nullable(),
    /** The newest reading, whether it can be relied on or not. */
    newest: z
      .strictObject({
        nano_usd: nanoSchema,
        confidence_nano_usd: nanoSchema,
        published_at: isoSchema,
        source: z.enum(['pyth', 'fixed']),
      })
      .nullable(),
  })
  .meta({ id: 'TokenPrice', description: 'What a token is worth to the platform now.' });

export const tokenPriceListSchema = listOf(tokenPriceSchema);

type TokenPriceJson = z.input<typeof tokenPriceSchema>;

const newestToJson = (samples: readonly PriceSample[]): TokenPriceJson['newest'] => {
  const newest = samples.at(-1);
  if (newest === undefined) return null;
  return {
    nano_usd: newest.nanoUsd.toString(),
    confidence_nano_usd: newest.confidenceNanoUsd.toString(),
    published_at: isoOf(newest.publishedAtMs),
    source: newest.source,
  };
};

/** IO: the mean that money moves at. */
export const ioPriceToJson = (samples: readonly PriceSample[], nowMs: number): TokenPriceJson => {
  const decision = decideIoPrice(samples, nowMs);
  const price = decision.outcome === 'current' ? decision.price : undefined;
  return {
    object: 'token_price',
    token: 'io',
    status: decision.outcome,
    nano_usd: price?.nanoUsdPerIo.toString() ?? null,
    price_id: price?.id ?? null,
    newest: newestToJson(samples),
  };
};

/** USDC: a dollar while it is worth at least 0.98, else nothing is credited in it. */
export const usdcPriceToJson = (samples: readonly PriceSample[], nowMs: number): TokenPriceJson => {
  const peg = decidePeg(samples, nowMs);
  const newest = samples.at(-1);
  return {
    object: 'token_price',
    token: 'usdc',
    status: peg,
    nano_usd: peg === 'at_par' ? nanoPerUsd.toString() : null,
    price_id: newest === undefined ? null : priceIdOf(newest),
    newest: newestToJson(samples),
  };
};

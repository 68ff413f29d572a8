/**
 * Readings of token prices in the payments table, a partition per token in the order of their publication.
 * They are never changed and never deleted: every price in the ledger can be computed again from them.
 */
import * as z from 'zod';
import type { Token } from '../../core/chain.ts';
import type { Database, Write } from '../../core/database.ts';
import { units, wholeNumber } from '../../core/field.ts';
import { priceKey, pricePartition } from '../keys.ts';
import type { PriceSample } from './token-price.ts';

const stored = z.object({
  token: z.enum(['io', 'usdc']),
  nano_usd: units,
  confidence_nano_usd: units,
  published_at_ms: wholeNumber,
  source: z.enum(['pyth', 'fixed']),
});

/** Puts the reading unless one of this token and second is there. */
export const putPriceSample = (sample: PriceSample): Write => ({
  kind: 'put',
  table: 'payments',
  key: priceKey(sample.token, sample.publishedAtMs),
  attributes: {
    token: sample.token,
    nano_usd: sample.nanoUsd,
    confidence_nano_usd: sample.confidenceNanoUsd,
    published_at_ms: sample.publishedAtMs,
    source: sample.source,
  },
  condition: { exists: false },
});

/** Enough for an hour at one reading a minute. */
const samplesMax = 80;

/** The newest readings of a token, oldest first. */
export const listPriceSamples = async (
  database: Database,
  token: Token,
): Promise<readonly PriceSample[]> => {
  const page = { pk: pricePartition(token), descending: true, limit: samplesMax };
  const { items } = await database.query('payments', page);
  return items.toReversed().map((item) => {
    const row = stored.parse(item);
    return {
      token: row.token,
      nanoUsd: row.nano_usd,
      confidenceNanoUsd: row.confidence_nano_usd,
      publishedAtMs: row.published_at_ms,
      source: row.source,
    };
  });
};

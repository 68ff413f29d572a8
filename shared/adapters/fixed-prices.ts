/** Prices that somebody set: the source of stage `local`, where there is no market. */
import * as z from 'zod';
import { type Clock, secondMs } from '../core/time.ts';
import { pricedTokens } from '../core/token-price.ts';
import type { PricePort } from './price-port.ts';

const nanoUsd = z.string().regex(/^[1-9][0-9]{0,17}$/, 'nano-dollars for one whole token');

/** What can be set: nano-dollars of each token as decimal strings. */
export const fixedPricesSchema = z.strictObject({ io: nanoUsd, usdc: nanoUsd });

/** The port over the settings, a JSON text that `fixedPricesSchema` takes; throws when it does not. */
export const fixedPrices = (settings: string, clock: Clock): PricePort => {
  const prices = fixedPricesSchema.parse(JSON.parse(settings));
  return {
    source: 'fixed',
    readPrices: async () =>
      pricedTokens.map((token) => ({
        token,
        nanoUsd: BigInt(prices[token]),
        confidenceNanoUsd: 0n,
        publishedAtMs: Math.floor(clock.nowMs() / secondMs) * secondMs,
      })),
  };
};

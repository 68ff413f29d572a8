/**
 * Where token prices come from on this stage: Pyth with the key that the operator stored, or, on stage
 * `local`, what was set. While no key is stored there is no source, and no price.
 */
import * as z from 'zod';
import { fixedPrices } from '../../../shared/adapters/fixed-prices.ts';
import type { PricePort } from '../../../shared/adapters/price-port.ts';
import { pyth } from '../../../shared/adapters/pyth.ts';
import type { SecretPort } from '../../../shared/adapters/secrets.ts';
import type { Clock } from '../../../shared/core/time.ts';

export interface PriceSourceNeeds {
  readonly clock: Clock;
  readonly secrets: SecretPort;
  readonly secretArn: string;
  /** Prices that were set, as JSON; undefined everywhere but on stage `local`. */
  readonly fixed: string | undefined;
}

/** What the operator stores; what the deploy made has no such key. */
const storedKey = z.object({ api_key: z.string().min(1) });

/** Answers the source as it is set up now; undefined while it is not. */
export const priceSource = (needs: PriceSourceNeeds): (() => Promise<PricePort | undefined>) => {
  const { clock, secrets, secretArn, fixed } = needs;
  if (fixed !== undefined) {
    const port = fixedPrices(fixed, clock);
    return async () => port;
  }
  return async () => {
    const stored = storedKey.safeParse(parseJson(await secrets.read(secretArn)));
    return stored.success ? pyth({ apiKey: stored.data.api_key }) : undefined;
  };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

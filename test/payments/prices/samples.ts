/** Readings of token prices for tests: a market that says the same every minute, unless told. */
import { secondMs } from '../../../shared/core/time.ts';
import { nanoPerUsd } from '../../../shared/core/token-price.ts';
import { putPriceSample } from '../../../shared/payments/prices/price-store.ts';
import type { PriceSample } from '../../../shared/payments/prices/token-price.ts';
import type { TestRuntime } from '../../support/runtime.ts';

/** One reading of a source, certain unless told. */
export const aSample = (fields: Partial<PriceSample>): PriceSample => ({
  token: 'io',
  nanoUsd: nanoPerUsd,
  confidenceNanoUsd: 0n,
  publishedAtMs: 0,
  source: 'pyth',
  ...fields,
});

/**
 * Sets what a token is worth from now on, as stage `local` does: nano-dollars for one whole token. Without it
 * a test has no prices, and money that needs one waits.
 */
export const setTokenPrice = async (
  runtime: Pick<TestRuntime, 'database' | 'clock'>,
  token: 'io' | 'usdc',
  nanoUsd: bigint,
): Promise<void> => {
  const publishedAtMs = Math.floor(runtime.clock.nowMs() / secondMs) * secondMs;
  const sample = aSample({ token, nanoUsd, publishedAtMs, source: 'fixed' });
  await runtime.database.write({ ...putPriceSample(sample), condition: {} });
};

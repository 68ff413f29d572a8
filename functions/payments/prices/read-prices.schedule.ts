/**
 * Task `read-prices`: keeps what the source of token prices says now. A source that is silent for some minutes
 * is waited for: prices become stale by themselves. After ten minutes without a reading it is an alarm, and so
 * is USDC that is not worth a dollar, for nothing is credited in it.
 */
import type { PricePort } from '../../../shared/adapters/price-port.ts';
import { assert } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { type PriceReading, pricedTokens } from '../../../shared/core/token-price.ts';
import { listPriceSamples, putPriceSample } from '../../../shared/payments/prices/price-store.ts';
import {
  decidePeg,
  isPublished,
  type PriceSample,
} from '../../../shared/payments/prices/token-price.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Runtime } from '../../kit/runtime.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';

export interface PriceNeeds extends Runtime {
  /** Undefined while no source is set up. */
  readonly prices: () => Promise<PricePort | undefined>;
}

const silentMsMax = 10 * minuteMs;

export const readPrices = async (needs: PriceNeeds): Promise<TaskOutcome> => {
  const port = await needs.prices();
  if (port === undefined) return { done: 0, failed: 0 };
  const readings = await readOrNone(needs, port);
  const nowMs = needs.clock.nowMs();
  const published = readings.filter((reading) => isPublished(reading, nowMs));
  for (const reading of published) await keepSample(needs, { ...reading, source: port.source });
  for (const token of pricedTokens) {
    const samples = await listPriceSamples(needs.database, token);
    const newestMs = samples.at(-1)?.publishedAtMs ?? 0;
    assert(nowMs - newestMs <= silentMsMax, `no price of ${token} for ten minutes`);
    const isDepegged = token === 'usdc' && decidePeg(samples, nowMs) === 'depegged';
    assert(!isDepegged, 'USDC is not worth a dollar: nothing is credited in it');
  }
  return { done: published.length, failed: readings.length - published.length };
};

/** What the source says; nothing while it says nothing that can be used. */
const readOrNone = async (needs: PriceNeeds, port: PricePort): Promise<readonly PriceReading[]> => {
  try {
    return await port.readPrices();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    needs.log.warn('prices.unread', { source: port.source, error, cause: error.cause });
    return [];
  }
};

/** Keeps a reading once: a source that has nothing new says the same again. */
const keepSample = (needs: PriceNeeds, sample: PriceSample): Promise<void> =>
  retryRefused(needs, async () => {
    const known = await listPriceSamples(needs.database, sample.token);
    if (known.some(({ publishedAtMs }) => publishedAtMs === sample.publishedAtMs)) return;
    await needs.database.write(putPriceSample(sample));
  });

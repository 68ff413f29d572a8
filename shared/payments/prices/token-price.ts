/**
 * Which price a token has, out of what a source said in the last minutes. Invariants: only readings that are
 * certain count; the price is their mean over ten minutes, weighted by time, and follows from the readings
 * alone, so that it can be computed again from what is stored; a reading that is old, uncertain or far from
 * the mean means that there is no price now. Nothing here reads a clock or a store.
 */
import type { Token } from '../../core/chain.ts';
import { mulDivFloor } from '../../core/money.ts';
import { hourMs, minuteMs, secondMs } from '../../core/time.ts';
import { nanoPerUsd, type PriceReading } from '../../core/token-price.ts';
import type { IoPrice } from '../../ledger/io-price.ts';

/** A reading with where it came from. */
export interface PriceSample extends PriceReading {
  readonly source: 'pyth' | 'fixed';
}

/** Why there is no price now. */
export const priceRefusals = [
  'missing',
  'stale',
  'uncertain',
  'short_history',
  'unsettled',
] as const;

export type PriceRefusal = (typeof priceRefusals)[number];

export type IoPriceDecision =
  /** Its id names the reading that ends the window; readings are stored for ever. */
  { readonly outcome: 'current'; readonly price: IoPrice } | { readonly outcome: PriceRefusal };

/** What the mean is of. */
export const windowMs = 10 * minuteMs;
/** A reading stands for no more time than this before it. */
const standsForMs = 2 * minuteMs;
/** Of the window this much must be known, or one reading alone would make the price. */
const knownMsMin = windowMs / 2;
/** An older reading is no price of now. */
export const priceAgeMsMax = 3 * minuteMs;
/** Clocks differ: a reading from further ahead is not taken. */
const aheadMsMax = 30 * secondMs;
/** Share of the price that it may be off, in basis points. */
const confidenceBpsMax: Readonly<Record<Token, bigint>> = { io: 200n, usdc: 100n };
/** How far the newest reading may be from the mean, in basis points. */
const deviationBpsMax = 500n;

const bps = 10_000n;

/** The name of a reading: one per token and second. */
export const priceIdOf = ({ token, publishedAtMs }: PriceReading): string =>
  `${token}:${publishedAtMs / secondMs}`;

/** Whether a reading is worth keeping: published by now. Old ones are kept, and refused when it matters. */
export const isPublished = ({ publishedAtMs }: PriceReading, nowMs: number): boolean =>
  publishedAtMs <= nowMs + aheadMsMax;

const isCertain = ({ token, nanoUsd, confidenceNanoUsd }: PriceReading): boolean =>
  confidenceNanoUsd * bps <= nanoUsd * confidenceBpsMax[token];

/** The mean of the window that the last sample ends; samples oldest first, at least one. */
const meanOf = (samples: readonly PriceSample[], lastMs: number) => {
  let [sum, knownMs, fromMs] = [0n, 0, lastMs - windowMs];
  for (const { nanoUsd, publishedAtMs } of samples) {
    if (publishedAtMs <= fromMs) continue;
    const heldMs = Math.min(publishedAtMs - fromMs, standsForMs);
    sum += nanoUsd * BigInt(heldMs);
    knownMs += heldMs;
    fromMs = publishedAtMs;
  }
  return { nanoUsd: mulDivFloor(sum, 1n, BigInt(knownMs)), knownMs };
};

/** The price of IO at `nowMs`; samples of IO, oldest first, those of the last ten minutes among them. */
export const decideIoPrice = (samples: readonly PriceSample[], nowMs: number): IoPriceDecision => {
  const published = samples.filter((sample) => isPublished(sample, nowMs));
  const newest = published.at(-1);
  if (newest === undefined) return { outcome: 'missing' };
  if (nowMs - newest.publishedAtMs > priceAgeMsMax) return { outcome: 'stale' };
  if (!isCertain(newest)) return { outcome: 'uncertain' };
  const mean = meanOf(published.filter(isCertain), newest.publishedAtMs);
  // What somebody set has no history to look back on.
  if (newest.source !== 'fixed' && mean.knownMs < knownMsMin) return { outcome: 'short_history' };
  const difference = newest.nanoUsd - mean.nanoUsd;
  const deviation = (difference < 0n ? -difference : difference) * bps;
  if (deviation > mean.nanoUsd * deviationBpsMax) return { outcome: 'unsettled' };
  const { nanoUsd: nanoUsdPerIo } = mean;
  return {
    outcome: 'current',
    price: { nanoUsdPerIo, id: priceIdOf(newest), atMs: newest.publishedAtMs },
  };
};

/** Below this USDC is not counted as a dollar: 0.98. */
const parNanoUsdMin = mulDivFloor(nanoPerUsd, 98n, 100n);
/** For so long what was known of USDC last is believed. */
const pegAgeMsMax = hourMs;

/** Whether USDC is worth a dollar; `unknown` after an hour without a certain reading. */
export type Peg = 'at_par' | 'depegged' | 'unknown';

/**
 * Whether USDC is credited at `nowMs`: the newest certain reading and the mean that it ends must both be at
 * least 0.98, so that the way down is noticed at once and the way up believed after some minutes. Samples of
 * USDC, oldest first, those of the last hour among them.
 */
export const decidePeg = (samples: readonly PriceSample[], nowMs: number): Peg => {
  const certain = samples.filter((sample) => isPublished(sample, nowMs) && isCertain(sample));
  const newest = certain.at(-1);
  if (newest === undefined || nowMs - newest.publishedAtMs > pegAgeMsMax) return 'unknown';
  const { nanoUsd } = meanOf(certain, newest.publishedAtMs);
  return newest.nanoUsd >= parNanoUsdMin && nanoUsd >= parNanoUsdMin ? 'at_par' : 'depegged';
};

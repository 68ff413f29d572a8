/**
 * What a price source says of a token, in the platform's own form. Prices are whole numbers of nano-dollars
 * for one whole token, so that nothing is ever a fraction; how far one may be trusted is decided elsewhere.
 */
import type { Token } from './chain.ts';

/** The tokens whose prices are read. */
export const pricedTokens = ['io', 'usdc'] as const satisfies readonly Token[];

/** Nano-dollars in one dollar. */
export const nanoPerUsd = 1_000_000_000n;

/** One price of one token, as its source published it. */
export interface PriceReading {
  readonly token: Token;
  /** Nano-dollars for one whole token, above 0, rounded down. */
  readonly nanoUsd: bigint;
  /** How far the price may be off, either way, in nano-dollars; rounded up. */
  readonly confidenceNanoUsd: bigint;
  readonly publishedAtMs: number;
}

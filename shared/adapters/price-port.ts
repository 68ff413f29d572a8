/** What the platform asks of a source of token prices. `pyth.ts` and `fixed-prices.ts` answer it. */
import type { PriceReading } from '../core/token-price.ts';

export interface PricePort {
  /** `fixed` is nobody's market: a price that stage `local` was told. */
  readonly source: 'pyth' | 'fixed';
  /**
   * The newest price of each token that the source has one of; a token that it has none of is left out.
   * Throws `token_price.unavailable` when the source does not answer, or answers what is no price.
   */
  readPrices(): Promise<readonly PriceReading[]>;
}

/** What deposits ask of prices, read once for many of them. */
import type { IoPrice } from '../../../shared/ledger/io-price.ts';
import { getUsdcPeg, ioPriceNow } from '../prices/token-prices.ts';
import type { DepositNeeds } from './deposit-needs.ts';

export interface DepositPrices {
  /** Whether USDC is worth what it is counted as; while it is not, none is credited. */
  readonly usdcHolds: boolean;
  /** Undefined: none that could be trusted. */
  readonly io: IoPrice | undefined;
}

export const readDepositPrices = async (
  needs: Pick<DepositNeeds, 'database' | 'clock'>,
): Promise<DepositPrices> => ({
  usdcHolds: (await getUsdcPeg(needs)) === 'at_par',
  io: await ioPriceNow(needs),
});

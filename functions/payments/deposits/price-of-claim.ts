/** The price at which a deposit is taken out of suspense. */
import type { Token } from '../../../shared/core/chain.ts';
import type { IoPrice } from '../../../shared/ledger/io-price.ts';
import { ioPriceNow, requireIoPrice } from '../prices/token-prices.ts';
import type { DepositNeeds } from './deposit-needs.ts';

/** Null of USDC where no price is known. Throws `token_price.unavailable` for IO then. */
export const priceOfClaim = async (
  needs: Pick<DepositNeeds, 'database' | 'clock'>,
  token: Token,
): Promise<IoPrice | null> =>
  token === 'io' ? requireIoPrice(needs) : ((await ioPriceNow(needs)) ?? null);

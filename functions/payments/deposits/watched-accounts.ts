/** The token accounts at which deposits are looked for, as the last check of the treasury found them. */

import type { Database } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { pricedTokens } from '../../../shared/core/token-price.ts';
import type { WatchedAccount } from '../../../shared/payments/deposits/arrival.ts';
import { getTreasury } from '../../../shared/payments/treasury/treasury-store.ts';

/**
 * Throws `solana.not_configured` before the first check. What is wrong with an account does not end the watch:
 * money that is there has to be seen.
 */
export const watchedAccounts = async (database: Database): Promise<readonly WatchedAccount[]> => {
  const treasury = await getTreasury(database);
  if (treasury === undefined) throw new AppError('solana.not_configured');
  const { wallet: owner, tokens } = treasury;
  return pricedTokens.map((token) => ({ token, owner, ...tokens[token] }));
};

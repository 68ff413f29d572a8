/** The treasury as the last check saw it, for whatever lets money in or out through it. */
import type { Database } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { isUsable, type Treasury } from '../../../shared/payments/treasury/treasury.ts';
import { getTreasury } from '../../../shared/payments/treasury/treasury-store.ts';

/** Throws `solana.not_configured` before the first check, and while an account is not as it must be. */
export const requireTreasury = async (needs: {
  readonly database: Database;
}): Promise<Treasury> => {
  const treasury = await getTreasury(needs.database);
  if (treasury !== undefined && isUsable(treasury.problems)) return treasury;
  throw new AppError('solana.not_configured', {
    details: { problems: treasury?.problems.map(({ says }) => says) },
  });
};

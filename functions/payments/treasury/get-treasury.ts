/** GET /v1/treasury: what the platform holds on Solana, owes and is owed, for the operator. */
import { AppError } from '../../../shared/core/errors.ts';
import { getAccount, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { treasuryToJson } from '../../../shared/payments/treasury/treasury-schemas.ts';
import { getTreasury } from '../../../shared/payments/treasury/treasury-store.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const showTreasury = async (needs: Pick<Runtime, 'database'>) => {
  const { database } = needs;
  const treasury = await getTreasury(database);
  if (treasury === undefined) throw new AppError('solana.not_configured');
  const [usdc, io, position] = await Promise.all([
    sumAccount(database, 'suspense:usdc'),
    sumAccount(database, 'suspense:io'),
    getAccount(database, 'fx:io'),
  ]);
  return treasuryToJson(treasury, { suspense: { usdc, io }, position });
};

/** The organisation's payout wallet by its id, or the refusal: somebody else's looks like an unknown one. */
import type { Database } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { PayoutWallet } from '../../../shared/payments/payouts/payout-wallet.ts';
import { findPayoutWallet as find } from '../../../shared/payments/payouts/payout-wallet-store.ts';

/** `payout_wallet.not_found`. */
export const findPayoutWallet = async (
  database: Database,
  organisationId: string,
  payoutWalletId: string,
): Promise<PayoutWallet> => {
  const wallet = await find(database, organisationId, payoutWalletId);
  if (!wallet) throw new AppError('payout_wallet.not_found');
  return wallet;
};

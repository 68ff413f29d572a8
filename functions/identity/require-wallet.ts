/** The organisation's wallet, or the refusal: somebody else's looks like an unknown one. */
import type { Database } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Wallet } from '../../shared/identity/wallet.ts';
import { findWallet } from '../../shared/identity/wallet-store.ts';

/** `wallet.not_found`. */
export const requireWallet = async (
  { database }: { readonly database: Database },
  organisationId: string,
  walletId: string,
): Promise<Wallet> => {
  const wallet = await findWallet(database, organisationId, walletId);
  if (!wallet) throw new AppError('wallet.not_found');
  return wallet;
};

/** The writes that make a proven wallet the organisation's, for whoever has other writes beside them. */
import type { Database, Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { decideWallet, type Wallet, type WalletWish } from '../../shared/identity/wallet.ts';
import { getWallet, putWallet, updateWallet } from '../../shared/identity/wallet-store.ts';

/** `wallet.taken` where the address is another organisation's; it is not told whose. */
export const registerWallet = async (
  { database }: { readonly database: Database },
  wish: WalletWish,
): Promise<{ readonly wallet: Wallet; readonly writes: readonly Write[] }> => {
  const decision = decideWallet(await getWallet(database, wish.address), wish);
  if (decision.outcome === 'taken') throw new AppError('wallet.taken');
  const { wallet, isNew } = decision;
  return { wallet, writes: isNew ? putWallet(wallet) : [updateWallet(wallet)] };
};

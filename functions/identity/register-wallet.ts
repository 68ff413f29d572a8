/**
 * The writes that make a proven wallet the organisation's, for whoever has other writes beside them. That the
 * organisation holds it is noted first, whether or not it becomes its own.
 */
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { decideWallet, type Wallet, type WalletWish } from '../../shared/identity/wallet.ts';
import { getWallet, putWallet, updateWallet } from '../../shared/identity/wallet-store.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { noteTie } from './note-tie.ts';

/** `wallet.taken` where the address is another organisation's; it is not told whose. */
export const registerWallet = async (
  needs: CommitRuntime,
  wish: WalletWish,
): Promise<{ readonly wallet: Wallet; readonly writes: readonly Write[] }> => {
  const { organisationId: organisation, address: value, nowMs: atMs } = wish;
  await noteTie(needs, { kind: 'wallet', value, organisation, tie: 'holder', atMs });
  const decision = decideWallet(await getWallet(needs.database, value), wish);
  if (decision.outcome === 'taken') throw new AppError('wallet.taken');
  const { wallet, isNew } = decision;
  return { wallet, writes: isNew ? putWallet(wallet) : [updateWallet(wallet)] };
};

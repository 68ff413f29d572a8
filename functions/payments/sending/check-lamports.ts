/** Whether the treasury's wallet has SOL for a transaction: its fee, and the rent of what it makes. */
import { askFirst } from './ask-providers.ts';
import type { SendingNeeds } from './sending-needs.ts';

/** Rent of a token account, and what a wallet must keep to stay: lamports. */
const accountRentLamports = 2_039_280n;
const walletRentLamports = 890_880n;
/** More than a transaction's fee ever is, its priority included. */
const feeLamportsMax = 1_000_000n;

export type LamportsChecked =
  | { readonly outcome: 'covered' }
  | { readonly outcome: 'sol_short'; readonly held: bigint; readonly needed: bigint };

/** `accounts`: token accounts that it makes; `moreLamports`: what it gives away beside their rent. */
export const checkLamports = async (
  needs: SendingNeeds,
  { accounts, moreLamports = 0n }: { readonly accounts: number; readonly moreLamports?: bigint },
): Promise<LamportsChecked> => {
  const treasury = await needs.signer.getAddress();
  const held = await askFirst(needs, await needs.solana(), (one) => one.getLamports(treasury));
  const rent = accountRentLamports * BigInt(accounts);
  const needed = rent + moreLamports + walletRentLamports + feeLamportsMax;
  return held < needed ? { outcome: 'sol_short', held, needed } : { outcome: 'covered' };
};

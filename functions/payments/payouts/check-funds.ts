/**
 * Whether the treasury covers a batch: its tokens beyond what is signed already, at a finalized slot that is
 * not older than anything that landed, and SOL for the fee and for the accounts that are made.
 */
import { tokenAccountOf } from '../../../shared/adapters/solana-message.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { type Batch, batchUnits, type Member } from '../../../shared/payments/payouts/batch.ts';
import type { SignedUnits } from '../../../shared/payments/payouts/batch-store.ts';
import { askFirst } from '../sending/ask-providers.ts';
import { checkLamports, type LamportsChecked } from '../sending/check-lamports.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export type Funds =
  | LamportsChecked
  /** Base units of the batch's token. */
  | { readonly outcome: 'token_short'; readonly held: bigint; readonly needed: bigint };

/** What the treasury holds of a token at a finalized slot not older than anything that landed: base units. */
export const heldUnits = async (
  needs: PayoutNeeds,
  token: Token,
  signed: SignedUnits,
): Promise<bigint> => {
  const account = await tokenAccountOf(await needs.signer.getAddress(), await needs.mintOf(token));
  const { accounts } = await askFirst(needs, await needs.solana(), (provider) =>
    provider.listTokenAccounts([account], signed.slot === 0n ? undefined : signed.slot),
  );
  return accounts[0]?.units ?? 0n;
};

export const checkFunds = async (
  needs: PayoutNeeds,
  order: {
    readonly batch: Batch;
    readonly signed: SignedUnits;
    readonly making: readonly Member[];
  },
): Promise<Funds> => {
  const { batch, signed, making } = order;
  const held = await heldUnits(needs, batch.token, signed);
  const needed = signed.units + batchUnits(batch);
  if (held < needed) return { outcome: 'token_short', held, needed };
  return checkLamports(needs, { accounts: making.length });
};

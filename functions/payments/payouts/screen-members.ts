/**
 * Looks at whom a batch would pay. A wallet that the operator denied, or that its supplier has removed or
 * replaced since, gets nothing; a token account that is frozen, another's or missing would make the whole
 * batch fail.
 */
import type { TokenAccountState } from '../../../shared/core/chain.ts';
import type { Batch, Member } from '../../../shared/payments/payouts/batch.ts';
import type { PayoutReason } from '../../../shared/payments/payouts/payout.ts';
import { listDeniedAmong } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { payoutLimits } from '../../../shared/payments/payouts/payout-limits.ts';
import { isPayableTo, type PayoutWallet } from '../../../shared/payments/payouts/payout-wallet.ts';
import { listCurrentPayoutWallets } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { askFirst } from '../sending/ask-providers.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export interface BadMember {
  readonly member: Member;
  readonly reason: PayoutReason;
}

export interface Screened {
  readonly bad: readonly BadMember[];
  /** Those whose token account the transaction has to make. */
  readonly making: readonly Member[];
  /** Where the members are paid, as it was read: one wallet per organisation. */
  readonly wallets: readonly PayoutWallet[];
}

export const screenMembers = async (needs: PayoutNeeds, batch: Batch): Promise<Screened> => {
  const { members, token } = batch;
  const wallets = [...new Set(members.map(({ wallet }) => wallet))];
  const denied = new Set(
    (await listDeniedAmong(needs.database, wallets)).map(({ address }) => address),
  );
  const current = await listCurrentPayoutWallets(
    needs.database,
    [...new Set(members.map(({ organisation }) => organisation))],
    token,
  );
  const walletOf = new Map<string, PayoutWallet>(current.map((one) => [one.organisationId, one]));
  const nowMs = needs.clock.nowMs();
  const { accounts } = await askFirst(needs, await needs.solana(), (provider) =>
    provider.listTokenAccounts(members.map(({ tokenAccount }) => tokenAccount)),
  );
  const mint = await needs.mintOf(token);
  const bad: BadMember[] = [];
  const making: Member[] = [];
  for (const [index, member] of members.entries()) {
    const account = accounts[index];
    const isPayable = isPayableTo(walletOf.get(member.organisation), member.wallet, nowMs);
    const reason = denied.has(member.wallet)
      ? 'wallet_denied'
      : isPayable
        ? faultOf(member, account, mint)
        : 'wallet_changed';
    if (reason !== undefined) bad.push({ member, reason });
    else if (account === undefined) making.push(member);
  }
  return { bad, making, wallets: current };
};

/** Why nothing can be paid to it; undefined when something can, maybe after making the account. */
const faultOf = (
  { wallet, usdUnits }: Member,
  account: TokenAccountState | undefined,
  mint: string,
): PayoutReason | undefined => {
  if (account === undefined) {
    return usdUnits < payoutLimits.accountFromUnits ? 'token_account_missing' : undefined;
  }
  if (account.owner !== wallet || account.mint !== mint) return 'token_account_foreign';
  return account.isFrozen ? 'token_account_frozen' : undefined;
};

/**
 * DELETE /v1/payout-wallets/{payout_wallet_id}: nothing is paid to it any more; earnings wait for another. It stays
 * in the list, and stays a wallet of the organisation. Again is the same answer.
 */
import type { Id } from '../../../shared/core/ids.ts';
import { putAuditEvent } from '../../../shared/identity/audit-store.ts';
import { actorOf } from '../../../shared/identity/principal.ts';
import { endWalletPayout } from '../../../shared/identity/wallet-store.ts';
import type { PayoutWallet } from '../../../shared/payments/payouts/payout-wallet.ts';
import { payoutWalletToJson } from '../../../shared/payments/payouts/payout-wallet-schemas.ts';
import { removePayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';
import { findPayoutWallet } from './find-payout-wallet.ts';

export const deletePayoutWallet = (
  needs: CommitRuntime,
  call: Call<'key', { readonly payout_wallet_id: Id<'pwl'> }, unknown, unknown>,
) => {
  const { nowMs, requestId } = call;
  const { organisationId } = call.caller;
  const actor = actorOf(call.caller);
  const audit = { id: call.newId('adt'), organisationId, actor, requestId, atMs: nowMs };
  return retryRefused(needs, async () => {
    const { payout_wallet_id: id } = call.params;
    const wallet = await findPayoutWallet(needs.database, organisationId, id);
    if (wallet.ended) return payoutWalletToJson(wallet, nowMs);
    const ended: PayoutWallet = { ...wallet, ended: { atMs: nowMs, actor, reason: 'removed' } };
    await commit(needs, [
      ...removePayoutWallet(ended),
      endWalletPayout({ id: wallet.walletId, address: wallet.address }, wallet.asset),
      putAuditEvent({ ...audit, action: 'payout_wallet.removed', target: id }),
    ]);
    return payoutWalletToJson(ended, nowMs);
  });
};

/**
 * DELETE /v1/wallets/{wallet_id}: the wallet is nobody's again: what it sends is credited to nobody by itself, and
 * all logins with it end at once. Refused while earnings are paid to it, and to who is signed in with it, so that
 * nobody locks the door from outside.
 */
import { AppError } from '../../shared/core/errors.ts';
import type { Id } from '../../shared/core/ids.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import { actorOf } from '../../shared/identity/principal.ts';
import { deleteWallet as remove } from '../../shared/identity/wallet-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { requireWallet } from './require-wallet.ts';

export const deleteWallet = (
  needs: CommitRuntime,
  call: Call<'key', { readonly wallet_id: Id<'wal'> }, unknown, unknown>,
) => {
  const { caller, nowMs, requestId } = call;
  const { organisationId } = caller;
  const actor = actorOf(caller);
  const audit = { id: call.newId('adt'), organisationId, actor, requestId, atMs: nowMs };
  return retryRefused(needs, async () => {
    const wallet = await requireWallet(needs, organisationId, call.params.wallet_id);
    if (actor === wallet.id) throw new AppError('wallet.signed_in_with');
    if (wallet.payouts.length > 0) throw new AppError('wallet.paid_to');
    const event = putAuditEvent({ ...audit, action: 'wallet.deleted', target: wallet.id });
    await commit(needs, [...remove(wallet), event]);
    return { id: wallet.id, object: 'wallet' as const, deleted: true as const };
  });
};

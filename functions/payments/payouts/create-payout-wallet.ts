/**
 * POST /v1/payout-wallets: names the wallet that earnings are paid to, by its signature of a message that says so.
 * It replaces the one of now and cools down before it is paid to; naming the one of now again changes nothing.
 * Proof, registration, change and audit event are one transaction.
 */
import type * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import { putAuditEvent } from '../../../shared/identity/audit-store.ts';
import { actorOf } from '../../../shared/identity/principal.ts';
import type { WalletPurpose } from '../../../shared/identity/wallet-message.ts';
import { endWalletPayout } from '../../../shared/identity/wallet-store.ts';
import type { PayoutWallet } from '../../../shared/payments/payouts/payout-wallet.ts';
import {
  type createPayoutWalletSchema,
  payoutWalletToJson,
} from '../../../shared/payments/payouts/payout-wallet-schemas.ts';
import {
  findPayoutWallet,
  getPayoutWallet,
  putPayoutWallet,
} from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { proveWallet } from '../../identity/prove-wallet.ts';
import { registerWallet } from '../../identity/register-wallet.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';

type CreateCall = Call<'key', unknown, unknown, z.output<typeof createPayoutWalletSchema>>;

export interface PayoutWalletNeeds extends CommitRuntime {
  /** For how long a new wallet is not paid to. */
  readonly payoutCooldownMs: number;
}

export const createPayoutWallet = async (needs: PayoutWalletNeeds, call: CreateCall) => {
  const { asset, ...proof } = call.body;
  const { organisationId } = call.caller;
  const { nowMs } = call;
  const purpose: WalletPurpose = { kind: 'payout_wallet', organisationId, asset };
  const [id, walletId, auditId] = [call.newId('pwl'), call.newId('wal'), call.newId('adt')];
  return retryRefused(needs, async () => {
    const proven = await proveWallet(needs, { proof, purpose, attempt: auditId, nowMs });
    const { address } = proven;
    const current = await getPayoutWallet(needs.database, organisationId, asset);
    if (proven.outcome === 'done_before') {
      const made = await findPayoutWallet(needs.database, organisationId, id);
      return payoutWalletToJson(present(made ?? current, 'no payout wallet was made'), nowMs);
    }
    if (current?.address === address) {
      await commit(needs, [proven.spend]);
      return payoutWalletToJson(current, nowMs);
    }
    const wish = { id: walletId, organisationId, address, role: null, payout: asset, nowMs };
    const { wallet, writes } = await registerWallet(needs, wish);
    const named: PayoutWallet = {
      id,
      organisationId,
      asset,
      address,
      walletId: wallet.id,
      actor: actorOf(call.caller),
      createdAtMs: nowMs,
      payableFromMs: nowMs + needs.payoutCooldownMs,
      ended: null,
    };
    await commit(needs, [
      proven.spend,
      ...writes,
      ...putPayoutWallet(named, current),
      ...release(current),
      auditOf(call, named, auditId),
    ]);
    return payoutWalletToJson(named, nowMs);
  });
};

/** The wallet of before is paid to no more, so that it may be taken away. */
const release = (before: PayoutWallet | undefined): readonly Write[] =>
  before ? [endWalletPayout({ id: before.walletId, address: before.address }, before.asset)] : [];

const auditOf = (call: CreateCall, named: PayoutWallet, id: `adt_${string}`): Write =>
  putAuditEvent({
    id,
    organisationId: named.organisationId,
    action: 'payout_wallet.named',
    actor: named.actor,
    target: named.id,
    requestId: call.requestId,
    atMs: named.createdAtMs,
  });

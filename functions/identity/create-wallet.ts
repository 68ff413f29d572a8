/**
 * POST /v1/wallets: a proven wallet becomes the organisation's: what it sends is credited there, and its holder
 * signs in as the role that the signed text names, if it names one. Proof and effect are one transaction.
 */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import { actorOf } from '../../shared/identity/principal.ts';
import type { WalletPurpose } from '../../shared/identity/wallet-message.ts';
import { type createWalletSchema, walletToJson } from '../../shared/identity/wallet-schemas.ts';
import { getWallet } from '../../shared/identity/wallet-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { requireGrantableRole } from './grantable.ts';
import { proveWallet } from './prove-wallet.ts';
import { registerWallet } from './register-wallet.ts';

export const createWallet = async (
  needs: CommitRuntime,
  call: Call<'key', unknown, unknown, z.output<typeof createWalletSchema>>,
) => {
  const { role = null, ...proof } = call.body;
  const { organisationId } = call.caller;
  // Who asked for the text may have been somebody else, with other rights.
  if (role) requireGrantableRole(call.caller, role);
  const purpose: WalletPurpose = { kind: 'register_wallet', organisationId, role };
  const [id, auditId] = [call.newId('wal'), call.newId('adt')];
  return retryRefused(needs, async () => {
    const asked = { proof, purpose, attempt: auditId, nowMs: call.nowMs };
    const proven = await proveWallet(needs, asked);
    if (proven.outcome === 'done_before') {
      return walletToJson(present(await getWallet(needs.database, proven.address), 'no wallet'));
    }
    const wish = { id, organisationId, address: proven.address, role, nowMs: call.nowMs };
    const { wallet, writes } = await registerWallet(needs, wish);
    const audit = putAuditEvent({
      id: auditId,
      organisationId,
      action: 'wallet.registered',
      actor: actorOf(call.caller),
      target: wallet.id,
      requestId: call.requestId,
      atMs: call.nowMs,
    });
    await commit(needs, [proven.spend, ...writes, audit]);
    return walletToJson(wallet);
  });
};

/** PUT /v1/denied-wallets/{address}: the operator forbids payouts to a wallet, or allows them again. */
import type * as z from 'zod';
import {
  deleteDeniedWallet,
  putDeniedWallet,
} from '../../../shared/payments/payouts/payout-controls-store.ts';
import {
  deniedWalletToJson,
  type setDeniedWalletSchema,
} from '../../../shared/payments/payouts/payout-schemas.ts';
import { auditDecision } from '../../identity/audit-decision.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';

type DenyCall = Call<
  'key',
  { readonly address: string },
  unknown,
  z.output<typeof setDeniedWalletSchema>
>;

export const setDeniedWallet = async (needs: CommitRuntime, call: DenyCall) => {
  const { address } = call.params;
  const { denied, reason } = call.body;
  const action = denied ? 'wallet.denied' : 'wallet.allowed';
  const audit = auditDecision(call, { action, target: address, reason });
  const wallet = { address, reason, deniedAtMs: call.nowMs };
  await commit(needs, [denied ? putDeniedWallet(wallet) : deleteDeniedWallet(address), audit]);
  return deniedWalletToJson(address, denied ? wallet : undefined);
};

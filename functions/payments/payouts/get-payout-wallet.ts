/** GET /v1/payout-wallets/{payout_wallet_id}: one payout wallet, of now or of before. */
import type { Id } from '../../../shared/core/ids.ts';
import { payoutWalletToJson } from '../../../shared/payments/payouts/payout-wallet-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { findPayoutWallet } from './find-payout-wallet.ts';

export const getPayoutWallet = async (
  { database }: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly payout_wallet_id: Id<'pwl'> }, unknown, unknown>,
) => {
  const { organisationId } = call.caller;
  const wallet = await findPayoutWallet(database, organisationId, call.params.payout_wallet_id);
  return payoutWalletToJson(wallet, call.nowMs);
};

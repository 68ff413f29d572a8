/** GET /v1/payout-wallets: every wallet that was ever named, newest first. */
import { toList } from '../../../shared/core/wire.ts';
import { payoutWalletToJson } from '../../../shared/payments/payouts/payout-wallet-schemas.ts';
import { listPayoutWallets as list } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listPayoutWallets = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await list(needs.database, call.caller.organisationId, call.query);
  const wallets = page.wallets.map((wallet) => payoutWalletToJson(wallet, call.nowMs));
  return toList(wallets, page.next);
};

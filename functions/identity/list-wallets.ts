/** GET /v1/wallets: the organisation's wallets, newest first. */
import { toList } from '../../shared/core/wire.ts';
import { walletToJson } from '../../shared/identity/wallet-schemas.ts';
import { listWallets as list } from '../../shared/identity/wallet-store.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listWallets = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await list(needs.database, call.caller.organisationId, call.query);
  return toList(page.wallets.map(walletToJson), page.next);
};

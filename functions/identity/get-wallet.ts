/** GET /v1/wallets/{wallet_id}: one wallet of the organisation. */
import type { Id } from '../../shared/core/ids.ts';
import { walletToJson } from '../../shared/identity/wallet-schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { requireWallet } from './require-wallet.ts';

export const getWallet = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly wallet_id: Id<'wal'> }, unknown, unknown>,
) => walletToJson(await requireWallet(needs, call.caller.organisationId, call.params.wallet_id));

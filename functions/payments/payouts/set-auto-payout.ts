/**
 * PUT /v1/auto-payout: has matured earnings paid out each day, or no longer. A wallet for the asset must be
 * there; whether it still cools down is looked at each day.
 */
import type * as z from 'zod';
import {
  deleteAutoPayout,
  putAutoPayout,
} from '../../../shared/payments/payouts/payout-controls-store.ts';
import {
  autoPayoutToJson,
  type setAutoPayoutSchema,
} from '../../../shared/payments/payouts/payout-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { requirePayoutWallet } from './require-payout-wallet.ts';

export const setAutoPayout = async (
  needs: Runtime,
  call: Call<'key', unknown, unknown, z.output<typeof setAutoPayoutSchema>>,
) => {
  const { organisationId: organisation } = call.caller;
  const { enabled, asset: token } = call.body;
  if (!enabled) {
    await needs.database.write(deleteAutoPayout(organisation));
    return autoPayoutToJson(undefined);
  }
  await requirePayoutWallet(needs, organisation, token, { coolsDown: true });
  const auto = { organisation, token, changedAtMs: call.nowMs };
  await needs.database.write(putAutoPayout(auto));
  return autoPayoutToJson(auto);
};

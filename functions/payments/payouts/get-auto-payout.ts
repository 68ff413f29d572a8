/** GET /v1/auto-payout: whether the organisation's matured earnings are paid out each day. */
import { getAutoPayout as find } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { autoPayoutToJson } from '../../../shared/payments/payouts/payout-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getAutoPayout = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
) => autoPayoutToJson(await find(needs.database, call.caller.organisationId));

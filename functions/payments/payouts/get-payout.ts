/** GET /v1/payouts/{payout_id}: one payout of the organisation. */
import { payoutToJson } from '../../../shared/payments/payouts/payout-schemas.ts';
import { requirePayout } from '../../../shared/payments/payouts/payout-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getPayout = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly payout_id: string }, unknown, unknown>,
) =>
  payoutToJson(
    await requirePayout(needs.database, call.caller.organisationId, call.params.payout_id),
  );

/** GET /v1/payouts: the organisation's payouts, newest first. */
import { toList } from '../../../shared/core/wire.ts';
import { payoutToJson } from '../../../shared/payments/payouts/payout-schemas.ts';
import { listPayoutsByOrganisation } from '../../../shared/payments/payouts/payout-store.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listPayouts = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { organisationId } = call.caller;
  const page = await listPayoutsByOrganisation(needs.database, organisationId, call.query);
  return toList(page.payouts.map(payoutToJson), page.next);
};

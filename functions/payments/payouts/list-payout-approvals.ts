/** GET /v1/payout-approvals: payouts that wait for the operator, oldest first. */
import { toList } from '../../../shared/core/wire.ts';
import { payoutToJson } from '../../../shared/payments/payouts/payout-schemas.ts';
import { listWaitingPayouts } from '../../../shared/payments/payouts/payout-store.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listPayoutApprovals = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await listWaitingPayouts(needs.database, 'awaiting_approval', call.query);
  return toList(page.payouts.map(payoutToJson), page.next);
};

/** GET /v1/refunds: the organisation's refunds, newest first. */
import { toList } from '../../../shared/core/wire.ts';
import { refundToJson } from '../../../shared/payments/cards/refund-schemas.ts';
import { listRefundsByOrganisation } from '../../../shared/payments/cards/refund-store.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listRefunds = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { organisationId } = call.caller;
  const page = await listRefundsByOrganisation(needs.database, organisationId, call.query);
  return toList(page.refunds.map(refundToJson), page.next);
};

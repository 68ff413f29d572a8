/** GET /v1/refunds/{refund_id}: one refund of the organisation. */
import { refundToJson } from '../../../shared/payments/cards/refund-schemas.ts';
import { requireRefund } from '../../../shared/payments/cards/refund-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getRefund = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly refund_id: string }, unknown, unknown>,
) =>
  refundToJson(
    await requireRefund(needs.database, call.caller.organisationId, call.params.refund_id),
  );

/** GET /v1/suspense: what came and is nobody's yet, newest first. For the operator. */
import { toList } from '../../../shared/core/wire.ts';
import { listSuspense as listSuspended } from '../../../shared/payments/deposits/arrival-store.ts';
import { suspendedToJson } from '../../../shared/payments/deposits/deposit-schemas.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listSuspense = async (
  { database }: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await listSuspended(database, call.query);
  return toList(page.arrivals.flatMap(suspendedToJson), page.next);
};

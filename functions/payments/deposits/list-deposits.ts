/** GET /v1/deposits: the organisation's requests to be paid on Solana, newest first. */
import { toList } from '../../../shared/core/wire.ts';
import { listDepositRequests } from '../../../shared/payments/deposits/deposit-request-store.ts';
import { depositToJson } from '../../../shared/payments/deposits/deposit-schemas.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listDeposits = async (
  { database }: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await listDepositRequests(database, call.caller.organisationId, call.query);
  return toList(
    page.requests.map((request) => depositToJson(request, call.nowMs)),
    page.next,
  );
};

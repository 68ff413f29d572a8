/** GET /v1/deposits/{deposit_id}: where a request to be paid on Solana stands. */
import { requireDepositRequest } from '../../../shared/payments/deposits/deposit-request-store.ts';
import { depositToJson } from '../../../shared/payments/deposits/deposit-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getDeposit = async (
  { database }: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly deposit_id: string }, unknown, unknown>,
) => {
  const { organisationId } = call.caller;
  const request = await requireDepositRequest(database, organisationId, call.params.deposit_id);
  return depositToJson(request, call.nowMs);
};

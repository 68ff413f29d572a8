/** GET /v1/auto-top-up: how the organisation tops up by itself. */
import { AppError } from '../../../shared/core/errors.ts';
import { getCardAccount } from '../../../shared/payments/cards/card-account-store.ts';
import { autoTopUpToJson } from '../../../shared/payments/cards/top-up-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getAutoTopUp = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
) => {
  const { auto } = await getCardAccount(needs.database, call.caller.organisationId);
  if (auto === null) throw new AppError('auto_top_up.not_set');
  return autoTopUpToJson(auto, call.nowMs);
};

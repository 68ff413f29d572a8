/** POST /v1/payouts: pays matured earnings, or rewards, out to the organisation's wallet. */
import type * as z from 'zod';
import { moneyFromJson } from '../../../shared/core/money.ts';
import {
  type createPayoutSchema,
  payoutToJson,
} from '../../../shared/payments/payouts/payout-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { requestPayout } from './request-payout.ts';

export const createPayout = async (
  needs: Runtime,
  call: Call<'key', unknown, unknown, z.output<typeof createPayoutSchema>>,
) => {
  const { amount, asset: token } = call.body;
  const { organisationId: organisation } = call.caller;
  const { asset, units } = moneyFromJson(amount);
  const source = asset === 'io' ? 'rewards' : 'earnings';
  return payoutToJson(
    await requestPayout(needs, { id: call.newId('pay'), organisation, source, token, units }),
  );
};

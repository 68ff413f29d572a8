/** GET /v1/stakes/{device_id}: what a device needs, what is staked on it, and what cools down. */
import type { Id } from '../../../shared/core/ids.ts';
import { stakeToJson } from '../../../shared/rewards/stake-schemas.ts';
import { requireTokenSettings } from '../../../shared/token/token-mode.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { loadStake } from './load-stake.ts';

export const getOwnStake = async (
  needs: Pick<Runtime, 'database' | 'stage' | 'token'>,
  call: Call<'key', { readonly device_id: Id<'dev'> }, unknown, unknown>,
) => {
  requireTokenSettings(needs.token);
  const { stake, requiredUnits } = await loadStake(
    needs,
    call.caller,
    call.params.device_id,
    call.nowMs,
  );
  return stakeToJson(stake, requiredUnits, call.nowMs);
};

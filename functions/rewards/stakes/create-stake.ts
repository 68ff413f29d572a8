/**
 * POST /v1/stakes: stakes free rewards on a device, up to what it needs. The ledger's transfer and the stake's
 * item are one transaction; the same request again answers what stands there.
 */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import { type createStakeSchema, stakeToJson } from '../../../shared/rewards/stake-schemas.ts';
import { countStaked, putStake } from '../../../shared/rewards/stake-store.ts';
import { requireTokenSettings } from '../../../shared/token/token-mode.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { postStake } from '../../ledger/rewards/post-stake.ts';
import { loadStake } from './load-stake.ts';
import { requireStakeable } from './require-stakeable.ts';

type StakeCall = Call<'key', unknown, unknown, z.output<typeof createStakeSchema>>;

export const createStake = async (needs: Runtime, call: StakeCall) => {
  requireTokenSettings(needs.token);
  const { organisationId: organisation } = call.caller;
  const { device_id: deviceId, amount } = call.body;
  const units = BigInt(amount.amount);
  const stakeId = call.newId('stk');
  const stakeable = () =>
    requireStakeable(needs, call.caller, { deviceId, units, nowMs: needs.clock.nowMs() });
  const posted = await postStake(needs, { stakeId, organisation, deviceId, units }, async () => {
    const { stake } = await stakeable();
    return [putStake(stake), countStaked(deviceId, units)];
  });
  if (posted.outcome === 'balance_short') {
    // What is wrong with the device is told first: of somebody else's, that there is none.
    await stakeable();
    throw new AppError('stake.balance_short', { extra: { available: String(posted.available) } });
  }
  const nowMs = needs.clock.nowMs();
  const { stake, requiredUnits } = await loadStake(needs, call.caller, deviceId, nowMs);
  return stakeToJson(stake, requiredUnits, nowMs);
};

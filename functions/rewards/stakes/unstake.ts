/**
 * POST /v1/stakes/{device_id}/unstake: asks stake back, all of it unless told. It counts no more from now on, and
 * stands with the rewards after its cooldown. Refused while a cluster has the device: the hire and this meet at
 * the device's own item. The same request again answers what stands there.
 */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import type { Id } from '../../../shared/core/ids.ts';
import { isoOf } from '../../../shared/core/time.ts';
import { isNotHired } from '../../../shared/devices/device-store.ts';
import { getStakeBalance } from '../../../shared/ledger/rewards/io-balance-store.ts';
import { planUnstake } from '../../../shared/ledger/rewards/stake.ts';
import { getUnstakeHold } from '../../../shared/ledger/rewards/stake-store.ts';
import { type DeviceStake, decideUnstake } from '../../../shared/rewards/device-stake.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import { stakeToJson, type unstakeSchema } from '../../../shared/rewards/stake-schemas.ts';
import { putDueCooldown, putStake } from '../../../shared/rewards/stake-store.ts';
import { requireTokenSettings } from '../../../shared/token/token-mode.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { commitDecision, type Decision } from '../../ledger/commit-decision.ts';
import { loadStake } from './load-stake.ts';

interface Params {
  readonly device_id: Id<'dev'>;
}

type UnstakeCall = Call<'key', Params, unknown, z.output<typeof unstakeSchema>>;
type Answer = ReturnType<typeof stakeToJson>;

export const unstake = async (needs: Runtime, call: UnstakeCall) => {
  requireTokenSettings(needs.token);
  const unstakeId = call.newId('ust');
  const { answer } = await commitDecision(needs, () => decide(needs, call, unstakeId));
  return answer;
};

const decide = async (
  needs: Runtime,
  { caller, params, body }: UnstakeCall,
  unstakeId: Id<'ust'>,
): Promise<Decision<Answer>> => {
  const { database } = needs;
  const nowMs = needs.clock.nowMs();
  const loaded = await loadStake(needs, caller, params.device_id, nowMs);
  const answerOf = (stake: DeviceStake) => stakeToJson(stake, loaded.requiredUnits, nowMs);
  if (await getUnstakeHold(database, unstakeId)) {
    return { writes: [], transfers: [], answer: answerOf(loaded.stake) };
  }
  if (loaded.device.hiredBy !== null) throw new AppError('stake.device_hired');
  const decision = decideUnstake(loaded.stake, {
    unstakeId,
    units: body.amount && BigInt(body.amount.amount),
    nowMs,
    cooldownMs: rewardPolicyAt(needs.stage, nowMs).stakeCooldownMs,
  });
  if (decision.outcome !== 'cooling') throw refusalOf(decision.outcome, loaded.stake);
  const { stake, cooldown } = decision;
  const { organisation, deviceId } = stake;
  const held = planUnstake({
    ...{ unstakeId, organisation, deviceId, nowMs, units: cooldown.units },
    stake: await getStakeBalance(database, organisation, deviceId),
  });
  // Somebody unstaked between the two reads.
  if (held.outcome !== 'held') throw moreThan(held.available);
  const writes = [
    ...held.writes,
    putStake(stake),
    putDueCooldown({ deviceId, ...cooldown }),
    isNotHired(deviceId),
  ];
  return { writes, transfers: [], answer: answerOf(stake) };
};

const refusalOf = (
  outcome: 'more_than_active' | 'too_many_cooldowns',
  { activeUnits, cooldowns }: DeviceStake,
): AppError => {
  if (outcome === 'more_than_active') return moreThan(activeUnits);
  const againAtMs = Math.min(...cooldowns.map(({ endsAtMs }) => endsAtMs));
  return new AppError('stake.too_many_cooldowns', { extra: { again_at: isoOf(againAtMs) } });
};

const moreThan = (activeUnits: bigint): AppError =>
  new AppError('stake.more_than_active', { extra: { active: String(activeUnits) } });

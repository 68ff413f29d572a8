/** Whether so much may be staked on a device now: of who has it, and within what it takes. */
import { AppError } from '../../../shared/core/errors.ts';
import type { Id } from '../../../shared/core/ids.ts';
import type { KeyPrincipal } from '../../../shared/identity/principal.ts';
import { type DeviceStake, decideStake } from '../../../shared/rewards/device-stake.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { loadStake } from './load-stake.ts';

export interface StakeOrder {
  readonly deviceId: Id<'dev'>;
  /** Base units of IO above 0. */
  readonly units: bigint;
  readonly nowMs: number;
}

export interface Stakeable {
  /** With the order in it. */
  readonly stake: DeviceStake;
  readonly requiredUnits: bigint;
}

/**
 * Throws `device.not_found`, also of a device that was terminated, `stake.not_needed` and
 * `stake.above_maximum`.
 */
export const requireStakeable = async (
  needs: Pick<Runtime, 'database' | 'stage'>,
  caller: KeyPrincipal,
  { deviceId, units, nowMs }: StakeOrder,
): Promise<Stakeable> => {
  const { device, stake, requiredUnits } = await loadStake(needs, caller, deviceId, nowMs);
  if (device.status === 'terminated') throw new AppError('device.not_found');
  const decision = decideStake(stake, { units, requiredUnits, nowMs });
  switch (decision.outcome) {
    case 'staked':
      return { stake: decision.stake, requiredUnits };
    case 'not_needed':
      throw new AppError('stake.not_needed');
    case 'above_maximum':
      throw new AppError('stake.above_maximum', {
        extra: { room: String(decision.roomUnits), maximum: String(requiredUnits) },
      });
  }
};

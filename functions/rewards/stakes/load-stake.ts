/** A caller's device with what is staked on it and what it needs; another tenant's looks like an unknown one. */
import type { Id } from '../../../shared/core/ids.ts';
import type { Device } from '../../../shared/devices/device.ts';
import type { KeyPrincipal } from '../../../shared/identity/principal.ts';
import {
  type DeviceStake,
  noStake,
  requiredStakeFor,
} from '../../../shared/rewards/device-stake.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import { getStake } from '../../../shared/rewards/stake-store.ts';
import { requireDevice } from '../../devices/require-device.ts';
import type { Runtime } from '../../kit/runtime.ts';

export interface LoadedStake {
  readonly device: Device;
  readonly stake: DeviceStake;
  /** Of the device as it is; of one that was terminated, nothing. */
  readonly requiredUnits: bigint;
}

type LoadNeeds = Pick<Runtime, 'database' | 'stage'>;

/** Throws `device.not_found`. */
export const loadStake = async (
  needs: LoadNeeds,
  caller: KeyPrincipal,
  deviceId: Id<'dev'>,
  nowMs: number,
): Promise<LoadedStake> => {
  const device = await requireDevice(needs.database, caller, deviceId);
  return {
    device,
    stake: (await getStake(needs.database, deviceId)) ?? noStake(device),
    requiredUnits: requiredUnitsOf(needs, device, nowMs),
  };
};

/** What the device needs and takes now; nothing once it is terminated. */
export const requiredUnitsOf = (
  { stage }: Pick<LoadNeeds, 'stage'>,
  device: Device,
  nowMs: number,
): bigint =>
  device.status === 'terminated' ? 0n : requiredStakeFor(device, rewardPolicyAt(stage, nowMs));

/**
 * Posts IO that came to be staked, once for each arrival: as far as the device takes it at that moment it is
 * staked, and the rest stands with the organisation's rewards. Of a device that was terminated meanwhile all of
 * it does.
 */
import { present } from '../../../shared/core/assert.ts';
import { getDevice } from '../../../shared/devices/device-store.ts';
import type { Arrival } from '../../../shared/ledger/chain/deposit.ts';
import { noStake, roomOf, withMore } from '../../../shared/rewards/device-stake.ts';
import { countStaked, getStake, putStake } from '../../../shared/rewards/stake-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import {
  type DepositDecision,
  type DepositPosted,
  postDecidedDeposit,
} from '../../ledger/chain/post-deposit.ts';
import { requiredUnitsOf } from './load-stake.ts';

type StakingNeeds = Pick<Runtime, 'database' | 'clock' | 'randomness' | 'pause' | 'stage'>;

/** Where an arrival of IO is to be staked. */
export interface StakeTarget {
  readonly organisation: string;
  readonly deviceId: string;
}

export const postStakeDeposit = (
  needs: StakingNeeds,
  arrival: Arrival,
  target: StakeTarget,
): Promise<DepositPosted> =>
  // The limit is of the platform's own position, which this does not touch.
  postDecidedDeposit(needs, () => decide(needs, arrival, target), 0n);

const decide = async (
  needs: StakingNeeds,
  arrival: Arrival,
  { organisation, deviceId }: StakeTarget,
): Promise<DepositDecision> => {
  const nowMs = needs.clock.nowMs();
  const device = present(await getDevice(needs.database, deviceId), `${deviceId} is gone`);
  const stake = (await getStake(needs.database, deviceId)) ?? noStake(device);
  const room = roomOf(stake, requiredUnitsOf(needs, device, nowMs));
  const stakeUnits = room < arrival.units ? room : arrival.units;
  const ending = { kind: 'stake', organisation, deviceId, stakeUnits } as const;
  const beside =
    stakeUnits === 0n
      ? []
      : [putStake(withMore(stake, stakeUnits, nowMs)), countStaked(deviceId, stakeUnits)];
  return { fact: { ...arrival, ending }, beside };
};

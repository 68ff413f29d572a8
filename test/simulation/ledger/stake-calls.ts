/** Requests for stakes as their handlers take them, with ids that are those of their attempt, as a retry has them. */

import type { Runtime } from '../../../functions/kit/runtime.ts';
import { createStake } from '../../../functions/rewards/stakes/create-stake.ts';
import { unstake } from '../../../functions/rewards/stakes/unstake.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Id } from '../../../shared/core/ids.ts';
import type { Device } from '../../../shared/devices/device.ts';
import { aDevice } from '../../devices/a-device.ts';

export interface StakeCall {
  readonly id: string;
  readonly organisation: string;
  readonly deviceId: string;
  /** Base units of IO; all that is staked where an unstaking does not say. */
  readonly units?: bigint | undefined;
}

/** What the devices of simulations may have staked at most; base units of IO. */
export const stakeMax = 250n * 10n ** 8n;

/** A device of that organisation, with one RTX 4090: it needs 250 IO. */
export const stakeDevice = (number: number, organisation: string): Device =>
  aDevice(number, {
    ...{ model: 'RTX 4090', processorKind: 'gpu', processorCount: 1, gpuIndexes: [0] },
    organisationId: organisation as Id<'org'>,
  });

const request = ({ id, organisation, deviceId, units }: StakeCall, nowMs: number) => ({
  caller: { kind: 'key', organisationId: organisation },
  params: { device_id: deviceId },
  query: {},
  body: {
    device_id: deviceId,
    ...(units === undefined ? {} : { amount: { amount: String(units), currency: 'io' } }),
  },
  nowMs,
  newId: () => id,
});

/** The code of the refusal that a call ends in; undefined when it is done. */
const refusalCode = async (call: Promise<unknown>): Promise<string | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('stake.')) return error.code;
    throw error;
  }
};

/** Stakes from rewards; answers the code of the refusal, if it is one. */
export const callStake = (needs: Runtime, call: StakeCall): Promise<string | undefined> =>
  refusalCode(createStake(needs, request(call, needs.clock.nowMs()) as never));

/** Asks stake back; answers the code of the refusal, if it is one. */
export const callUnstake = (needs: Runtime, call: StakeCall): Promise<string | undefined> =>
  refusalCode(unstake(needs, request(call, needs.clock.nowMs()) as never));

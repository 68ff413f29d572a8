/**
 * One exchange of a speed test, of whatever kind: loads the test, decides, stores when the answer was
 * ready. The last one writes what was measured to the device; octets that are not those of the test
 * fail it. What is sent again is answered again.
 */
import { deleteCommand } from '../../shared/clusters/command-store.ts';
import { contention, type Write, WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { type SpeedPolicy, speedPolicyOf } from '../../shared/devices/speed-policy.ts';
import type { SpeedAnswer } from '../../shared/devices/speed-schemas.ts';
import {
  decideExchange,
  type ExchangeRequest,
  exchangesOf,
  type SpeedTest,
  seedOf,
  speedResultOf,
  withSpeedTest,
} from '../../shared/devices/speed-test.ts';
import { getSpeedTest, putSpeedTest } from '../../shared/devices/speed-test-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';

export type SpeedNeeds = Pick<Runtime, 'clock' | 'database' | 'pause' | 'randomness' | 'stage'>;
export type SpeedCall<Params, Body> = Call<
  'device',
  Params & { readonly test_id: string },
  unknown,
  Body
>;

const attemptsMax = 4;

/**
 * The test after the exchange. Throws `speed_test.unknown`, `.over`, `.out_of_order`, and `.content` once
 * the failure is written.
 */
export const exchangeSpeed = async (
  needs: SpeedNeeds,
  call: SpeedCall<unknown, unknown>,
  request: ExchangeRequest,
): Promise<SpeedTest> => {
  const policy = speedPolicyOf(needs.stage);
  for (let attempt = 1; ; attempt += 1) {
    const before = await getSpeedTest(needs.database, call.caller.deviceId);
    if (before?.id !== call.params.test_id) throw new AppError('speed_test.unknown');
    // After the reads: what follows until the answer leaves is the same for every exchange.
    const nowMs = needs.clock.nowMs();
    const { outcome, test } = decideExchange(before, request, policy, nowMs);
    if (outcome === 'repeat') return test;
    try {
      await commit(needs, await writesOf(needs, before, test, policy));
      if (outcome === 'failed') throw new AppError('speed_test.content');
      return test;
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      // Sent twice at a time, or the device changed; what is stored now decides.
      if (attempt === attemptsMax) throw contention(error);
    }
  }
};

const writesOf = async (
  needs: SpeedNeeds,
  before: SpeedTest,
  test: SpeedTest,
  policy: SpeedPolicy,
): Promise<readonly Write[]> => {
  const stored = putSpeedTest(test, before);
  if (test.status === 'open') return [stored];
  const device = await getDevice(needs.database, test.deviceId);
  const result = test.status === 'failed' ? 'failed' : speedResultOf(test, policy);
  const change = device && withSpeedTest(device, result, test.answeredAtMs);
  return [
    stored,
    deleteCommand(test.deviceId, test.commandId),
    ...(change ? [putDevice(change.device), putDeviceEvent(change.event)] : []),
  ];
};

/** What is answered as JSON: the seed of the `up` that comes next, and the result at the end. */
export const speedAnswerOf = (needs: SpeedNeeds, test: SpeedTest): SpeedAnswer => {
  const policy = speedPolicyOf(needs.stage);
  const next = exchangesOf(policy)[test.number + 1];
  const seed = next === 'up' ? Buffer.from(seedOf(test, test.number + 1)).toString('hex') : null;
  if (test.status !== 'finished') return { seed, result: null };
  const { tier, downKbps, upKbps, roundTripMs } = speedResultOf(test, policy);
  const result = { tier, down_kbps: downKbps, up_kbps: upKbps, round_trip_ms: roundTripMs };
  return { seed, result };
};

/** Lambda `devices-schedules`: what watches devices over time. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { retestDevices } from '../devices/retest-devices.schedule.ts';
import { sweepPresence } from '../devices/sweep-presence.schedule.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';

const env = environment();
const runtime = {
  ...createRuntime(env),
  workflows: workflows(),
  verifyStateMachineArn: env.require('VERIFY_STATE_MACHINE_ARN'),
};

export const handler = scheduleFunction(runtime, {
  'sweep-presence': sweepPresence,
  'retest-devices': retestDevices,
});

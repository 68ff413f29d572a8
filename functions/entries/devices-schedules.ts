/** Lambda `devices-schedules`: what watches devices over time. */
import { retestDevices } from '../devices/retest-devices.schedule.ts';
import { sweepPresence } from '../devices/sweep-presence.schedule.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';

export const handler = scheduleFunction(createRuntime(environment()), {
  'sweep-presence': sweepPresence,
  'retest-devices': retestDevices,
});

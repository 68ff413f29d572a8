/**
 * Once an hour, of every free device: orders a speed test and a test start of Ray where the last one is
 * older than 20 hours, is missing, or failed; and starts the verification of those that have to show more
 * than that and may by now. Devices that are silent are left alone until they speak.
 */
import type { Device } from '../../shared/devices/device.ts';
import { listOffersTestedBefore, listUntestedDevices } from '../../shared/devices/device-store.ts';
import { getPresences } from '../../shared/devices/presence-store.ts';
import { retestAfterMs, wantsRayTest } from '../../shared/devices/ray-test.ts';
import { speedRetestAfterMs, wantsSpeedTest } from '../../shared/devices/speed-test.ts';
import { needsVerification } from '../../shared/devices/verification.ts';
import { models } from '../../shared/market/catalogue.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { orderRayTest } from './order-ray-test.ts';
import { orderSpeedTest } from './order-speed-test.ts';
import { type StartNeeds, startVerification } from './start-verification.ts';

type RetestNeeds = Runtime & StartNeeds;

export const retestDevices = async (needs: RetestNeeds): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const due = [...(await listUntestedDevices(needs.database))];
  const beforeMs = nowMs - Math.min(retestAfterMs, speedRetestAfterMs);
  for (const { model } of models) {
    due.push(...(await listOffersTestedBefore(needs.database, model, beforeMs)));
  }
  const presences = await getPresences(
    needs.database,
    due.map(({ id }) => id),
  );
  const speaking = due.filter(({ id }) => presences.get(id)?.declared === null);
  return forEachDue(
    needs,
    speaking,
    (device) => retest(needs, device, nowMs),
    ({ id }) => id,
  );
};

const retest = async (needs: RetestNeeds, device: Device, nowMs: number): Promise<void> => {
  const isUp = device.status === 'up';
  if (isUp && needsVerification(device)) {
    await startVerification(needs, device, nowMs);
    return;
  }
  if (isUp && wantsSpeedTest(device, nowMs)) await orderSpeedTest(needs, device, nowMs);
  if (wantsRayTest(device, nowMs)) await orderRayTest(needs, device, nowMs);
};

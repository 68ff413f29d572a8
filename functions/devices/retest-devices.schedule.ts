/**
 * Once an hour: orders a test start of Ray from every free device whose last one is older than 20 hours,
 * is missing, or failed. Devices that are silent are left alone until they speak.
 */
import { listOffersTestedBefore, listUntestedDevices } from '../../shared/devices/device-store.ts';
import { getPresences } from '../../shared/devices/presence-store.ts';
import { retestAfterMs, wantsRayTest } from '../../shared/devices/ray-test.ts';
import { models } from '../../shared/market/catalogue.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { orderRayTest } from './order-ray-test.ts';

export const retestDevices = async (needs: Runtime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const found = [...(await listUntestedDevices(needs.database))];
  for (const { model } of models) {
    found.push(...(await listOffersTestedBefore(needs.database, model, nowMs - retestAfterMs)));
  }
  const due = found.filter((device) => wantsRayTest(device, nowMs));
  const presences = await getPresences(
    needs.database,
    due.map(({ id }) => id),
  );
  const speaking = due.filter(({ id }) => presences.get(id)?.declared === null);
  return forEachDue(needs, speaking, (device) => orderRayTest(needs, device, nowMs));
};

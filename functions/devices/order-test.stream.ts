/**
 * Consumes the stream of the devices table: wherever a device starts to need a test start of Ray, by
 * registering, coming back, or being let go unverified or after a long hire, one is ordered.
 */

import { readDevice } from '../../shared/devices/device-item.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { wantsRayTest } from '../../shared/devices/ray-test.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { Change } from '../kit/stream.ts';
import { orderRayTest } from './order-ray-test.ts';

export const orderTest = async (
  needs: Pick<Runtime, 'database' | 'clock'>,
  change: Change,
): Promise<void> => {
  const after = change.after && readDevice(change.after);
  const before = change.before && readDevice(change.before);
  const nowMs = needs.clock.nowMs();
  if (!after || !wantsRayTest(after, nowMs) || (before && wantsRayTest(before, nowMs))) return;
  const device = await getDevice(needs.database, after.id);
  if (device && wantsRayTest(device, nowMs)) await orderRayTest(needs, device, nowMs);
};

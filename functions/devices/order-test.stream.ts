/**
 * Consumes the stream of the devices table: wherever a change leaves a device without a test start of Ray
 * that counts (it registered, came back, was let go unverified or after a long hire), one is ordered.
 */

import { readDevice } from '../../shared/devices/device-item.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { isTestOutdated } from '../../shared/devices/ray-test.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { Change } from '../kit/stream.ts';
import { orderRayTest } from './order-ray-test.ts';

export const orderTest = async (
  needs: Pick<Runtime, 'database' | 'clock'>,
  change: Change,
): Promise<void> => {
  const changed = change.after && readDevice(change.after);
  const nowMs = needs.clock.nowMs();
  if (!changed || !isTestOutdated(changed, nowMs)) return;
  const device = await getDevice(needs.database, changed.id);
  if (device && isTestOutdated(device, nowMs)) await orderRayTest(needs, device, nowMs);
};

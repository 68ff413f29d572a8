/** GET /v1/devices/{device_id}/readiness: what stands between the device and its hire. */
import { getPresence } from '../../shared/devices/presence-store.ts';
import { readinessOf } from '../../shared/devices/readiness.ts';
import { readinessToJson } from '../../shared/devices/schemas.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { DeviceCall } from './change-device.ts';
import { requireDevice } from './require-device.ts';

export const getReadiness = async (needs: Pick<Runtime, 'database'>, call: DeviceCall) => {
  const device = await requireDevice(needs.database, call.caller, call.params.device_id);
  const presence = await getPresence(needs.database, device.id);
  return readinessToJson(device, readinessOf(device, presence, call.nowMs));
};

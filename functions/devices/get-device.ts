/** GET /v1/devices/{device_id}: one device of the organisation. */
import { getPresence } from '../../shared/devices/presence-store.ts';
import { deviceToJson } from '../../shared/devices/schemas.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { DeviceCall } from './change-device.ts';
import { requireDevice } from './require-device.ts';

export const getOwnDevice = async (needs: Pick<Runtime, 'database'>, call: DeviceCall) => {
  const device = await requireDevice(needs.database, call.caller, call.params.device_id);
  const presence = await getPresence(needs.database, device.id);
  return deviceToJson(device, presence, call.nowMs);
};

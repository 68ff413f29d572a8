/** GET /v1/devices/{device_id}/events: what happened to the device, newest first. */
import { toList } from '../../shared/core/wire.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { deviceEventToJson } from '../../shared/devices/schemas.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { requireDevice } from './require-device.ts';

export const listOwnDeviceEvents = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly device_id: string }, PageQuery, unknown>,
) => {
  const device = await requireDevice(needs.database, call.caller, call.params.device_id);
  const page = await listDeviceEvents(needs.database, device.id, call.query);
  return toList(page.events.map(deviceEventToJson), page.next);
};

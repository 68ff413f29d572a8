/** GET /v1/devices: the organisation's devices, newest first. */
import { toList } from '../../shared/core/wire.ts';
import { listDevicesByOrganisation } from '../../shared/devices/device-store.ts';
import { getPresences } from '../../shared/devices/presence-store.ts';
import { deviceToJson } from '../../shared/devices/schemas.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listDevices = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { organisationId } = call.caller;
  const page = await listDevicesByOrganisation(needs.database, organisationId, call.query);
  const ids = page.devices.map(({ id }) => id);
  const presences = await getPresences(needs.database, ids);
  const data = page.devices.map((device) =>
    deviceToJson(device, presences.get(device.id), call.nowMs),
  );
  return toList(data, page.next);
};

/** PATCH /v1/devices/{device_id}: gives the device another name. */
import type * as z from 'zod';
import { changed } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { eventOf } from '../../shared/devices/lifecycle.ts';
import type { renameDeviceSchema } from '../../shared/devices/schemas.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { changeDevice, type DeviceCall } from './change-device.ts';

type Body = z.output<typeof renameDeviceSchema>;

export const renameDevice = (needs: CommitRuntime, call: DeviceCall<Body>) =>
  changeDevice(needs, call, (device) => {
    if (device.name === call.body.name) return { device, writes: [] };
    const after = changed(device, { name: call.body.name });
    const event = eventOf(
      'device.renamed',
      { from: device.status, after },
      {
        reason: 'renamed_by_supplier',
        actor: call.caller.keyId,
        evidence: { old_name: device.name, new_name: after.name },
      },
      call.nowMs,
    );
    return { device: after, writes: [putDevice(after), putDeviceEvent(event)] };
  });

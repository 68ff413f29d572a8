/** Changes of a device that its supplier asks for: load, decide, write, and again if it moved meanwhile. */
import type { Write } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { deviceToJson } from '../../shared/devices/schemas.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { requireDevice } from './require-device.ts';

const attemptsMax = 4;

export type DeviceCall<Body = unknown> = Call<'key', { readonly device_id: string }, unknown, Body>;

/** Writes that make the change, and the device as they leave it; no writes where it is made already. */
export type DecideDevice = (device: Device) => {
  readonly device: Device;
  readonly writes: readonly Write[];
};

/** The device after the change, as its supplier sees it. Throws what `decide` throws. */
export const changeDevice = (needs: CommitRuntime, call: DeviceCall, decide: DecideDevice) =>
  retryRefused(
    needs,
    async () => {
      const before = await requireDevice(needs.database, call.caller, call.params.device_id);
      const { device, writes } = decide(before);
      if (writes.length > 0) await commit(needs, writes);
      const presence = await getPresence(needs.database, device.id);
      return deviceToJson(device, presence, call.nowMs);
    },
    attemptsMax,
  );

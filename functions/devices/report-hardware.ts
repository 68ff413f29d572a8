/**
 * PUT /v1/agent/hardware: what the machine has now, told by its agent whenever that starts. Another
 * machine than before verifies itself anew; while a cluster has the device it cannot become another one.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import type { reportHardwareSchema } from '../../shared/devices/agent-schemas.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import type { Hardware } from '../../shared/devices/hardware.ts';
import {
  isOtherMachine,
  type Recognised,
  withHardware,
} from '../../shared/devices/hardware-change.ts';
import { recogniseHardware } from '../../shared/market/catalogue.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

type HardwareCall = Call<'device', unknown, unknown, z.output<typeof reportHardwareSchema>>;

export const reportHardware = (needs: CommitRuntime, call: HardwareCall) =>
  retryRefused(needs, async () => {
    const device = await getDevice(needs.database, call.caller.deviceId);
    if (!device || device.status === 'terminated') throw new AppError('device.key_retired');
    const { hardware, agent_version: agentVersion } = call.body;
    if (!isOtherMachine(device, hardware)) {
      await noteVersions(needs, device, hardware, agentVersion);
      return { verified_anew: false };
    }
    if (device.hiredBy !== null) throw new AppError('device.hired');
    const versioned = { ...device, agentVersion };
    const change = withHardware(versioned, hardware, recognisedOf(hardware), call.nowMs);
    await commit(needs, [putDevice(change.device), putDeviceEvent(change.event)]);
    return { verified_anew: true };
  });

/** Drivers and agents are updated; that alone changes nothing that was shown. */
const noteVersions = async (
  needs: CommitRuntime,
  device: Device,
  hardware: Hardware,
  agentVersion: string,
): Promise<void> => {
  const drivers = ({ gpus }: Hardware) => gpus.map(({ driver_version }) => driver_version).join();
  const same = drivers(device.hardware) === drivers(hardware);
  if (same && device.agentVersion === agentVersion) return;
  await commit(needs, [putDevice(changed(device, { hardware, agentVersion }))]);
};

const recognisedOf = (hardware: Hardware): Recognised => {
  const { model, kind, processorCount, gpuIndexes } = recogniseHardware(hardware);
  return {
    model,
    processorKind: kind,
    processorCount,
    gpuIndexes,
    cpus: hardware.cpu.cores,
  };
};

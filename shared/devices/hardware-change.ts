/**
 * What a machine's own report of its hardware changes about its device. Other processors, or other
 * amounts of what they need, are another machine to the network: it verifies itself anew. What changes by
 * itself (free disk, a driver's version) is only noted. Pure.
 */
import { changed, type Device } from './device.ts';
import type { Hardware } from './hardware.ts';
import { eventOf } from './lifecycle.ts';
import { type DeviceChange, verifyAnew } from './proved.ts';

/** What the catalogue makes of the hardware. */
export type Recognised = Pick<
  Device,
  'model' | 'processorKind' | 'processorCount' | 'gpuIndexes' | 'cpus'
>;

/** All that a device can show or sell; two machines with the same are one to the network. */
const substanceOf = ({ os, arch, cpu, memory_mib, gpus }: Hardware): string =>
  JSON.stringify([
    os,
    arch,
    cpu.name,
    cpu.cores,
    memory_mib,
    gpus.map(({ name, uuid, memory_mib: gpuMib }) => [name, uuid, gpuMib]),
  ]);

/** Whether the report makes it another machine. */
export const isOtherMachine = (device: Device, reported: Hardware): boolean =>
  substanceOf(device.hardware) !== substanceOf(reported);

/** The device with other hardware, for which nothing counts that it showed before. */
export const withHardware = (
  device: Device,
  hardware: Hardware,
  recognised: Recognised,
  nowMs: number,
): DeviceChange => {
  const after = changed(device, {
    ...verifyAnew(device, nowMs),
    ...recognised,
    hardware,
    rayTestedAtMs: null,
    rayTestPassed: false,
  });
  const evidence = {
    model: after.model,
    processors: after.processorCount,
    model_before: device.model,
    processors_before: device.processorCount,
  };
  const cause = { reason: 'hardware_changed', actor: device.id, evidence } as const;
  const change = { from: device.status, after };
  return { device: after, event: eventOf('device.hardware_changed', change, cause, nowMs) };
};

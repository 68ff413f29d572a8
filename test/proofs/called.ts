/** A GPU that slots call, and slots that do: for tests of what a slot asks. */
import { present } from '../../shared/core/assert.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { groupOfAddress, type Standing, slotCallOf } from '../../shared/proofs/place.ts';
import { protocolPolicy } from '../../shared/proofs/policy.ts';
import { changedRecord, newRecord } from '../../shared/proofs/processor-record.ts';
import { putProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import type { ProofLoad } from '../../shared/proofs/proof.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import { bytesOfHex } from '../../shared/proofs/protocol/bytes.ts';
import type { Profile } from '../../shared/proofs/protocol/parameters.ts';
import { type SlotCall, slotIdAt } from '../../shared/proofs/protocol/slot.ts';
import { hardware } from '../devices/builders.ts';
import type { Machine, ProofsService } from './service.ts';

/** What makes a device one of `count` RTX 4090. */
export const gpus = (count = 1): Partial<Device> => ({
  hardware: {
    ...hardware,
    gpus: Array.from({ length: count }, (_, index) => ({
      name: 'NVIDIA GeForce RTX 4090',
      uuid: `GPU-${index}`,
      memory_mib: 24_564,
      driver_version: '580.65.06',
    })),
  },
  model: 'RTX 4090',
  processorKind: 'gpu',
  processorCount: count,
  gpuIndexes: Array.from({ length: count }, (_, index) => index),
});

/** The device reports another driver for its GPUs; answers the device as it is then. */
export const reportDriver = async (
  { runtime: { database } }: ProofsService,
  { device }: Machine,
  driver_version: string,
): Promise<Device> => {
  const known = present(await getDevice(database, device.id), 'no device');
  const renewed = known.hardware.gpus.map((gpu) => ({ ...gpu, driver_version }));
  const after = changed(known, { hardware: { ...known.hardware, gpus: renewed } });
  await database.write(putDevice(after));
  return after;
};

/** A machine with one GPU that counts since yesterday. */
export const calledMachine = async (service: ProofsService, number = 1): Promise<Machine> => {
  const machine = await service.addMachine(number, gpus());
  const { processor, device } = machine;
  const since = service.runtime.clock.ms - 24 * hourMs;
  const record = changedRecord(newRecord(processor, device.organisationId), {
    countsFromMs: since,
    provedAtMs: since,
    lastFullPassAtMs: since,
  });
  await service.runtime.database.write(putProcessorRecord(record));
  return machine;
};

/** Where the machine stands when all its requests come from the tests' address. */
export const standingOf = (
  { device, processor }: Machine,
  hired: Standing['hired'] = null,
): Standing => ({
  place: {
    cohort: device.organisationId,
    group: groupOfAddress('203.0.113.7'),
    parts: 1,
  },
  model: processor.model,
  hired,
});

/** Moves the clock to the opening of the next slot whose call is of this kind; answers the slot. */
export const nextSlot = async (
  service: ProofsService,
  standing: Standing,
  wanted: (call: SlotCall) => boolean,
): Promise<{ readonly slot: string; readonly opensAtMs: number }> => {
  const { clock } = service.runtime;
  const stepMs = 10 * minuteMs;
  clock.ms = Math.floor(clock.ms / stepMs) * stepMs;
  for (let tried = 0; tried < 1_000; tried += 1) {
    clock.ms += stepMs;
    const slot = slotIdAt(clock.ms);
    const { body } = await service.ask(`/v1/proofs/slots/${slot}`);
    const call = slotCallOf({ seed: bytesOfHex(body.seed) }, standing, protocolPolicy);
    if (wanted(call)) return { slot, opensAtMs: clock.ms };
  }
  throw new Error('no such slot in a week');
};

export const calledLight = ({ called, full }: SlotCall): boolean => called && !full;
export const calledFull = ({ called, full }: SlotCall): boolean => called && full;

/** What a slot asks of the machine with this profile. */
export const slotLoad = ({ processor }: Machine, profile: Profile, atMs: number): ProofLoad => {
  const load = loadOf(processor, uncalibrated, profile, protocolPolicy, atMs);
  if (!load) throw new Error('no load');
  return load;
};

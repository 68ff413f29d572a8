/** A platform with GPUs that slots call, for the tests of what schedules do about proofs. */
import { judgeHours } from '../../functions/proofs/judge-hour.schedule.ts';
import { present } from '../../shared/core/assert.ts';
import { dayMs, hourMs, minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { dateAt } from '../../shared/proofs/day.ts';
import { putDayKey } from '../../shared/proofs/day-key-store.ts';
import type { HourCall } from '../../shared/proofs/gate.ts';
import { getGate } from '../../shared/proofs/gate-store.ts';
import type { HiredAs } from '../../shared/proofs/hired-as.ts';
import {
  firstPlace,
  latestValue,
  type PlaceValue,
  slotCallOf,
  slotsOfHour,
} from '../../shared/proofs/place.ts';
import { getPlace, putPlace } from '../../shared/proofs/place-store.ts';
import { protocolPolicy } from '../../shared/proofs/policy.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import {
  changedRecord,
  newRecord,
  type ProcessorRecord,
} from '../../shared/proofs/processor-record.ts';
import {
  getProcessorRecord,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { type Proof, proofIdOf } from '../../shared/proofs/proof.ts';
import { putNewProof } from '../../shared/proofs/proof-store.ts';
import { slotIdAt, slotSeedOf } from '../../shared/proofs/protocol/slot.ts';
import { aDevice, addDevice, hardware } from '../devices/builders.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aLoad } from './builders.ts';

const dayKey = (date: string): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, index) => date.charCodeAt(index % 10) + index);

const hex = (digit: string): string => digit.repeat(64);

/** What makes a device one of `count` RTX 4090. */
export const gpuDevice = (number: number, count = 1, changes: Partial<Device> = {}): Device =>
  aDevice(number, {
    hardware: {
      ...hardware,
      gpus: Array.from({ length: count }, (_, index) => ({
        name: 'NVIDIA GeForce RTX 4090',
        uuid: `GPU-${number}-${index}`,
        memory_mib: 24_564,
        driver_version: '580.65.06',
      })),
    },
    model: 'RTX 4090',
    processorKind: 'gpu',
    processorCount: count,
    gpuIndexes: Array.from({ length: count }, (_, index) => index),
    ...changes,
  });

/** Days around the start that have keys. */
const daysWithKeys = 40;

export const judgingSetup = async () => {
  const runtime = testRuntime();
  for (let day = -2; day < daysWithKeys; day += 1) {
    const date = dateAt(startMs + day * dayMs);
    await runtime.database.write(putDayKey(date, dayKey(date)));
  }

  /** A device whose processors count since yesterday and passed everything until now. */
  const addGpu = async (
    number: number,
    {
      count = 1,
      device: deviceChanges = {},
      record: recordChanges = {},
      place: placeChanges = {},
    }: {
      readonly count?: number;
      readonly device?: Partial<Device>;
      readonly record?: Partial<ProcessorRecord>;
      readonly place?: Partial<PlaceValue>;
    } = {},
  ): Promise<Device> => {
    const device = await addDevice(runtime, gpuDevice(number, count, deviceChanges));
    const value = {
      cohort: device.organisationId,
      group: `net:10.0.${number}.0/24`,
      parts: 1,
      ...placeChanges,
    };
    await runtime.database.write(putPlace(firstPlace(device.id, value)));
    for (const processor of processorsOf(device)) {
      const record = changedRecord(newRecord(processor, device.organisationId), {
        countsFromMs: startMs - dayMs,
        provedAtMs: startMs - dayMs,
        verifiedAtMs: startMs - dayMs,
        lastFullPassAtMs: startMs - hourMs,
        lastCall: { atMs: startMs - hourMs, passed: true },
        lastFullCall: { atMs: startMs - hourMs, answered: true },
        judgedHourMs: startMs - hourMs,
        ...recordChanges,
      });
      await runtime.database.write(putProcessorRecord(record));
    }
    return device;
  };

  const seedAt = (atMs: number): Uint8Array => slotSeedOf(dayKey(dateAt(atMs)), slotIdAt(atMs));

  /** The slots of the hour that begins at `fromMs` which call the device. */
  const callsOf = async (
    device: Device,
    fromMs: number,
    hired: HiredAs | null = null,
  ): Promise<readonly Pick<HourCall, 'atMs' | 'profile' | 'rollCall'>[]> => {
    const place = latestValue(
      present(await getPlace(runtime.database, device.id), 'a place').value,
    );
    return slotsOfHour(fromMs, protocolPolicy).flatMap((atMs) => {
      const standing = { place, model: device.model, hired };
      const call = slotCallOf({ seed: seedAt(atMs) }, standing, protocolPolicy);
      return call.called ? [{ atMs, profile: call.profile, rollCall: call.rollCall }] : [];
    });
  };

  /** The first hour from the start on in which the device's calls are as wanted. */
  const hourWith = async (
    device: Device,
    wanted: (calls: Awaited<ReturnType<typeof callsOf>>) => boolean,
  ): Promise<number> => {
    for (let hour = 0; hour < 24 * (daysWithKeys - 2); hour += 1) {
      const fromMs = startMs + hour * hourMs;
      if (wanted(await callsOf(device, fromMs))) return fromMs;
    }
    throw new Error('no such hour');
  };

  /** Stores a proof of one processor in the slot that opened then. */
  const answer = async (
    device: Device,
    atMs: number,
    changes: Partial<Proof> = { status: 'passed', openingDigest: hex('0') },
    index = 0,
  ): Promise<Proof> => {
    const processor = present(processorsOf(device)[index], 'a processor');
    const sourceId = slotIdAt(atMs);
    const proof: Proof = {
      id: proofIdOf({ sourceId, processorId: processor.id, t0Ms: atMs }),
      deviceId: device.id,
      organisationId: device.organisationId,
      processorId: processor.id,
      purpose: 'slot',
      sourceId,
      load: aLoad(),
      claim: processor.claim,
      status: 'committed',
      reason: null,
      t0Ms: atMs,
      t1Ms: atMs + 4_000,
      t1bMs: atMs + 4_010,
      t2Ms: null,
      t3Ms: null,
      deadlineMs: atMs + minuteMs,
      h1: hex('1'),
      h1Signature: '1b'.repeat(64),
      h2Signature: null,
      walkSeed: null,
      laneRoot: null,
      sampleSeed: hex('5'),
      openingDigest: null,
      metrics: null,
      receipt: null,
      ...changes,
    };
    await runtime.database.write(putNewProof(proof));
    return proof;
  };

  /** Answers every call of these hours with a pass. */
  const answerAll = async (device: Device, fromMs: number, hours = 1): Promise<void> => {
    for (let hour = 0; hour < hours; hour += 1) {
      for (const { atMs } of await callsOf(device, fromMs + hour * hourMs)) {
        for (const [index] of processorsOf(device).entries()) {
          await answer(device, atMs, undefined, index);
        }
      }
    }
  };

  /** Runs the judging at that time. */
  const judgeAt = (ms: number) => {
    runtime.clock.ms = ms;
    const workflows = {
      wake: () => Promise.reject(new Error('judging wakes nobody')),
    };
    return judgeHours({ ...runtime, workflows });
  };

  /** Runs the judging of the hour that begins at `fromMs`, and of those before it that are due. */
  const judge = (fromMs: number) => judgeAt(fromMs + hourMs + 5 * minuteMs);

  const gateOf = (device: Device, fromMs: number, index = 0) =>
    getGate(runtime.database, present(processorsOf(device)[index], 'a processor').id, fromMs);

  const recordOf = async (device: Device, index = 0): Promise<ProcessorRecord> => {
    const processor = present(processorsOf(device)[index], 'a processor');
    const found = await getProcessorRecord(runtime.database, device.id, processor.id);
    return present(found, 'a record');
  };

  return {
    runtime,
    addGpu,
    callsOf,
    hourWith,
    answer,
    answerAll,
    judgeAt,
    judge,
    gateOf,
    recordOf,
    seedAt,
  };
};

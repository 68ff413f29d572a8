/**
 * Which slots of an hour call a device, by the platform's own rules and keys: for whoever plays an hour on one
 * machine and cannot wait for a day of them. Suppliers learn a slot's calls when it opens, and not before.
 */
import { randomBytes } from 'node:crypto';
import { seedOfSlot } from '../../functions/proofs/day-keys.ts';
import { present } from '../../shared/core/assert.ts';
import type { Database } from '../../shared/core/database.ts';
import { hourMs, isoOf } from '../../shared/core/time.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { slotCallOf, slotsOfHour, valueAt } from '../../shared/proofs/place.ts';
import { getPlace } from '../../shared/proofs/place-store.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { type SlotCall, slotIdAt } from '../../shared/proofs/protocol/slot.ts';

const policy = policyOf('local');
/** Hours that are looked through; a device is called in two of three. */
const hoursMax = 48;

export interface Call extends SlotCall {
  readonly deviceId: string;
  readonly slot: string;
  readonly opensAtMs: number;
}

/** The calls of an idle device in the hour that begins at this time. */
export const callsOfHour = async (
  database: Database,
  deviceId: string,
  startMs: number,
): Promise<readonly Call[]> => {
  const device = present(await getDevice(database, deviceId), `${deviceId} is gone`);
  const place = present(await getPlace(database, deviceId), `${deviceId} has no place`);
  const needs = {
    database,
    clock: { nowMs: () => startMs, realMs: Date.now, atReal: (ms: number) => ms },
    randomness: { bytes: (count: number) => randomBytes(count) },
  };
  const calls: Call[] = [];
  for (const opensAtMs of slotsOfHour(startMs, policy)) {
    const slot = slotIdAt(opensAtMs);
    const seed = present(await seedOfSlot(needs as never, slot), `${slot} has no seed`);
    const standing = { place: valueAt(place.value, opensAtMs), model: device.model, hired: null };
    const call = slotCallOf({ seed }, standing, policy);
    if (call.called) calls.push({ deviceId, slot, opensAtMs, ...call });
  }
  return calls;
};

/** The first hour from this one on in which each of these devices is called. */
export const nextCalledHour = async (
  database: Database,
  deviceIds: readonly string[],
  fromMs: number,
): Promise<{ readonly startMs: number; readonly calls: readonly Call[] }> => {
  for (let startMs = fromMs; startMs < fromMs + hoursMax * hourMs; startMs += hourMs) {
    const each: (readonly Call[])[] = [];
    for (const deviceId of deviceIds) each.push(await callsOfHour(database, deviceId, startMs));
    if (each.every((calls) => calls.length > 0)) return { startMs, calls: each.flat() };
  }
  throw new Error(`not called in ${hoursMax} hours from ${isoOf(fromMs)}`);
};

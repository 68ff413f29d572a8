/**
 * The keys of days and the seeds of slots. A key is made when it is first asked for, at the earliest the
 * day before its own, and never afterwards. A process keeps the few keys that it has read.
 */

import { present } from '../../shared/core/assert.ts';
import { type Database, WriteRefused } from '../../shared/core/database.ts';
import { dateStartMs, mayGetKey } from '../../shared/proofs/day.ts';
import { getDayKey, putDayKey } from '../../shared/proofs/day-key-store.ts';
import { dateOfSlot, slotSeedOf } from '../../shared/proofs/protocol/slot.ts';
import type { Runtime } from '../kit/runtime.ts';

export type DayKeyNeeds = Pick<Runtime, 'clock' | 'database' | 'randomness'>;

/** 32 bytes, as every seed. */
const keyBytes = 32;
/** Days whose keys a process keeps; hours are judged some days later at most. */
const keptMax = 8;

/** Keys never change once they are there, so they may be kept; each database has its own. */
const kept = new WeakMap<Database, Map<string, Uint8Array>>();

/** The key of a date (`YYYY-MM-DD`); undefined when it has none and may not get one any more, or yet. */
export const dayKeyOf = async (
  needs: DayKeyNeeds,
  date: string,
): Promise<Uint8Array | undefined> => {
  const keys = kept.get(needs.database) ?? new Map<string, Uint8Array>();
  kept.set(needs.database, keys);
  const known =
    keys.get(date) ?? (await getDayKey(needs.database, date)) ?? (await made(needs, date));
  if (known === undefined) return undefined;
  keys.set(date, known);
  const [oldest] = keys.keys();
  if (keys.size > keptMax && oldest !== undefined) keys.delete(oldest);
  return known;
};

/** The seed of a slot, 32 bytes; undefined where its day has no key. */
export const seedOfSlot = async (
  needs: DayKeyNeeds,
  slotId: string,
): Promise<Uint8Array | undefined> => {
  const key = await dayKeyOf(needs, dateOfSlot(slotId));
  return key && slotSeedOf(key, slotId);
};

const made = async (needs: DayKeyNeeds, date: string): Promise<Uint8Array | undefined> => {
  const startMs = present(dateStartMs(date), `no date: ${date}`);
  if (!mayGetKey(startMs, needs.clock.nowMs())) return undefined;
  const key = needs.randomness.bytes(keyBytes);
  try {
    await needs.database.write(putDayKey(date, key));
    return key;
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    return present(await getDayKey(needs.database, date), `the key of ${date} is gone`);
  }
};

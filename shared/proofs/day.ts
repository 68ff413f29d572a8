/**
 * UTC dates as the proofs use them: when the hash of a day's key is public, and when the key itself. The
 * day before, anybody can write the hash down; the day after, anybody can check every seed of the day.
 */
import { dayMs, isoOf, minuteMs } from '../core/time.ts';

/** Ten minutes into the day after, the last slot of the day has been answered. */
const keyDelayMs = 10 * minuteMs;

/** The date (`YYYY-MM-DD`) of an instant. */
export const dateAt = (atMs: number): string => isoOf(atMs).slice(0, 10);

/** When the date begins; undefined for a text that is not the one spelling of a date. */
export const dateStartMs = (date: string): number | undefined => {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const startMs = Date.parse(`${date}T00:00:00.000Z`);
  return Number.isSafeInteger(startMs) && dateAt(startMs) === date ? startMs : undefined;
};

/** From when on the hash of the key is public. */
export const hashFromMs = (startMs: number): number => startMs - dayMs;

/** From when on the key is public. */
export const keyFromMs = (startMs: number): number => startMs + dayMs + keyDelayMs;

/** Whether the date may still get a key: today and tomorrow, never a day that is over. */
export const mayGetKey = (startMs: number, nowMs: number): boolean =>
  hashFromMs(startMs) <= nowMs && nowMs < startMs + dayMs;

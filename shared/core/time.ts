/**
 * Time as values. Code sees epoch milliseconds that somebody passed in; the API sees ISO 8601 UTC.
 * Intervals are half-open. Nothing here reads a clock.
 */
import { assert } from './assert.ts';

export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** Where "now" comes from; the kit's runtime and the agent's entry own the only real ones. */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
}

/** Epoch milliseconds as ISO 8601 UTC with milliseconds. */
export const isoOf = (ms: number): string => {
  assert(Number.isSafeInteger(ms), 'a time that is no whole number of milliseconds');
  const date = new Date(ms);
  return date.toISOString();
};

/** Epoch milliseconds as ISO 8601 UTC, or null where there is none. */
export const isoOrNull = (ms: number | null | undefined): string | null =>
  ms === null || ms === undefined ? null : isoOf(ms);

/** Hours since the epoch: the number of the reward hour that contains `ms`. */
export const hourOf = (ms: number): number => Math.floor(ms / hourMs);

/** Days since the epoch: the number of the UTC day that contains `ms`. */
export const dayOf = (ms: number): number => Math.floor(ms / dayMs);

/** When the hour of this id, `YYYY-MM-DDTHH` in UTC, starts: epoch milliseconds; undefined for no such hour. */
export const startOfHourId = (hourId: string): number | undefined => {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}$/.test(hourId)) return undefined;
  const startMs = Date.parse(`${hourId}:00:00.000Z`);
  // `24` is read as the next day's first hour: an hour has one name.
  return Number.isNaN(startMs) || !isoOf(startMs).startsWith(hourId) ? undefined : startMs;
};

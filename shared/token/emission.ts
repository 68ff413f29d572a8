/**
 * What the network emits in each hour: 300M IO over 20 years, by the published months. An hour's amount is
 * the difference of two cumulative amounts, each rounded down, so that the hours of a month sum to it and all
 * hours to the total, to the base unit. There is no state and no remainder: any hour is answered at once, in
 * any order, and always with the same amount.
 */
import { assert, present } from '../core/assert.ts';
import { sha256Hex } from '../core/hash.ts';
import { emissionMonths, emissionMonthsSha256 } from './emission-months.ts';

/** Hours of 20 years with five leap days: hours are numbered 0 to this less one. */
export const emissionHours = 175_320;

/** What all hours together emit: 300M IO in base units. */
export const emissionTotalUnits = 300_000_000n * 10n ** 8n;

/** Where an hour stands in the schedule, and what it emits. Amounts are base units of IO. */
export interface HourEmission {
  /** 1 to 240. */
  readonly month: number;
  readonly monthUnits: bigint;
  /** 730 or 731. */
  readonly hoursInMonth: number;
  /** From 0. */
  readonly hourOfMonth: number;
  readonly units: bigint;
  /** All hours up to the end of this one. */
  readonly cumulativeUnits: bigint;
}

/** A schedule over some table of months. */
export interface EmissionSchedule {
  /** Undefined before hour 0 and from hour `emissionHours` on: those emit nothing. */
  emissionOf(hour: number): HourEmission | undefined;
}

/** Months alternate 730 and 731 hours. `month`: 0 to 240, the first hour of the month after so many. */
const firstHourOf = (month: number): number => Math.floor((month * emissionHours) / 240);

/** The month, from 0, that contains the hour: the last one that begins at it or before. */
const monthOf = (hour: number): number => Math.floor((2 * hour + 1) / (emissionHours / 120));

/**
 * The schedule of this table. BugError, with the reason, for any other table than the published one: a
 * digit that was changed must stop everything that pays by it.
 */
export const emissionScheduleOf = (months: readonly bigint[]): EmissionSchedule => {
  const hash = sha256Hex(months.join('\n'));
  assert(
    hash === emissionMonthsSha256,
    `the table of emission is not the published one: its SHA-256 is ${hash}`,
  );
  const through: bigint[] = [0n];
  for (const units of months) through.push(present(through.at(-1), 'no month before') + units);
  assert(through.at(-1) === emissionTotalUnits, 'the months do not sum to the whole emission');
  return {
    emissionOf: (hour) => {
      assert(Number.isSafeInteger(hour), `an hour that is no whole number: ${hour}`);
      if (hour < 0 || hour >= emissionHours) return undefined;
      const month = monthOf(hour);
      const firstHour = firstHourOf(month);
      const hoursInMonth = firstHourOf(month + 1) - firstHour;
      const hourOfMonth = hour - firstHour;
      const monthUnits = present(months[month], 'an hour of no month');
      const inMonth = (hours: number): bigint =>
        (monthUnits * BigInt(hours)) / BigInt(hoursInMonth);
      const cumulative = inMonth(hourOfMonth + 1);
      return {
        month: month + 1,
        monthUnits,
        hoursInMonth,
        hourOfMonth,
        units: cumulative - inMonth(hourOfMonth),
        cumulativeUnits: present(through[month], 'a month without those before it') + cumulative,
      };
    },
  };
};

const published = emissionScheduleOf(emissionMonths);

/** Where the hour stands in the published schedule; undefined outside of it. */
export const emissionOf = (hour: number): HourEmission | undefined => published.emissionOf(hour);

/**
 * The formula behind the table of months, so that anybody can see where its numbers come from: each month
 * emits q times what the month before did, where q is the root of (1 - q^240) / (1 - q) = 90. The first month
 * emits 8 % / 12 of 500M IO, and 90 such months are 300M: the sum is met by construction. Integers only.
 */
import { assert } from '../core/assert.ts';

/** Fixed point: 40 decimal places. */
const one = 10n ** 40n;

/** q, rounded down. */
const monthlyRatio = 9_898_489_529_623_495_163_521_151_973_357_901_461_061n;

/** ratio^exponent in fixed point, rounded down after every multiplication. */
const power = (ratio: bigint, exponent: number): bigint => {
  let result = one;
  let square = ratio;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = (result * square) / one;
    square = (square * square) / one;
  }
  return result;
};

/**
 * What each of `months` months emits of `totalUnits` base units, first month first; the amounts sum to
 * `totalUnits` exactly, for each is the difference of two cumulative amounts.
 */
export const monthsByFormula = (totalUnits: bigint, months: number): readonly bigint[] => {
  assert(totalUnits > 0n && Number.isSafeInteger(months) && months > 0, 'nothing to emit');
  const whole = one - power(monthlyRatio, months);
  const through = (month: number): bigint =>
    (totalUnits * (one - power(monthlyRatio, month))) / whole;
  return Array.from({ length: months }, (_, month) => through(month + 1) - through(month));
};

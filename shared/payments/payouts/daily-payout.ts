/** The payout of a supplier who is paid out each day: one id for each supplier and day. Pure. */
import { createHash } from 'node:crypto';
import { type Id, newId } from '../../core/ids.ts';
import { dayMs } from '../../core/time.ts';

/** Follows from its inputs, and sorts by its day as ids do by their time; `day` counts from the epoch. */
export const dailyPayoutId = (organisation: string, day: number): Id<'pay'> => {
  const digest = createHash('sha256').update(`${organisation} ${day}`).digest();
  return newId('pay', day * dayMs, { bytes: (count) => digest.subarray(0, count) });
};

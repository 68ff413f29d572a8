/** The payouts of a supplier who is paid out each day: one id for each supplier, source and day. Pure. */
import { createHash } from 'node:crypto';
import { type Id, newId } from '../../core/ids.ts';
import { dayMs } from '../../core/time.ts';
import type { PayoutSource } from '../../ledger/chain/payout-hold.ts';

/** Follows from its inputs, and sorts by its day as ids do by their time; `day` counts from the epoch. */
export const dailyPayoutId = (
  organisation: string,
  source: PayoutSource,
  day: number,
): Id<'pay'> => {
  const name =
    source === 'earnings' ? `${organisation} ${day}` : `${organisation} ${source} ${day}`;
  const digest = createHash('sha256').update(name).digest();
  return newId('pay', day * dayMs, { bytes: (count) => digest.subarray(0, count) });
};

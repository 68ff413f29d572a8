/** What payouts went out in this hour and in each of the week before it, as the limits of an hour ask. */
import { hourOf } from '../../../shared/core/time.ts';
import { listPaidHours } from '../../../shared/payments/payouts/batch-store.ts';
import type { PaidHour } from '../../../shared/payments/payouts/payout-limits.ts';
import type { PayoutNeeds } from './payout-needs.ts';

const weekHours = 7 * 24;

export const paidHoursOf = async (
  needs: Pick<PayoutNeeds, 'clock' | 'database'>,
): Promise<{ readonly hour: number; readonly past: readonly PaidHour[] }> => {
  const hour = hourOf(needs.clock.nowMs());
  return { hour, past: await listPaidHours(needs.database, hour - weekHours) };
};

/** Keys of payouts in the payments table. */
import type { Key } from '../../core/database.ts';
import type { Lane } from './payout.ts';

export const payoutKey = (payoutId: string): Key => ({ pk: `PAY#${payoutId}`, sk: 'PAYOUT' });

/** Where index `by_owner` lists an organisation's payouts. */
export const payoutOwnerKey = (payoutId: string): string => `${payoutOwnerPrefix}${payoutId}`;

export const payoutOwnerPrefix = 'payout#';

/**
 * Lists of payouts that somebody has to do something about; ids sort by time. Rewards wait in a list of their
 * own, since they may have to wait for their mint.
 */
export type PayoutWork = 'awaiting_approval' | `queued_${Lane}` | `queued_${Lane}_rewards`;

/** Where what is queued for a lane waits: earnings, then rewards. */
export const queuesOf = (lane: Lane) =>
  [`queued_${lane}`, `queued_${lane}_rewards`] as const satisfies readonly PayoutWork[];

export const payoutWorkPartition = (work: PayoutWork): string => `PAYOUTS#${work}`;

export const payoutWorkKey = (work: PayoutWork, payoutId: string): Key => ({
  pk: payoutWorkPartition(work),
  sk: payoutId,
});

export const batchKey = (batchId: string): Key => ({ pk: `PBT#${batchId}`, sk: 'BATCH' });

export const attemptKey = (batchId: string, number: number): Key => ({
  pk: `PBT#${batchId}`,
  sk: `ATTEMPT#${padded(number)}`,
});

/** Which batch has a lane now. */
export const laneKey = (lane: Lane): Key => ({ pk: `PAYOUT_LANE#${lane}`, sk: 'LANE' });

/** What is signed of a token and may land. */
export const signedKey = (token: string): Key => ({ pk: `PAYOUTS_SIGNED#${token}`, sk: 'SIGNED' });

export const paidHours = 'PAID_HOURS';

/** What was signed for the first time in an hour. */
export const paidHourKey = (hour: number): Key => ({ pk: paidHours, sk: padded(hour) });

/** What a supplier asked for in a UTC day. */
export const supplierDayKey = (organisation: string, day: number): Key => ({
  pk: `PAYOUT_DAYS#${organisation}`,
  sk: padded(day),
});

/** How many payouts of a supplier are neither paid nor failed. */
export const openPayoutsKey = (organisation: string): Key => ({
  pk: `PAYOUTS_OPEN#${organisation}`,
  sk: 'OPEN',
});

/** Whether payouts are stopped. */
export const payoutControlsKey: Key = { pk: 'PAYOUT_CONTROLS', sk: 'CONTROLS' };

/** The list of organisations that are paid out each day. */
export const autoPayouts = 'AUTO_PAYOUTS';

export const autoPayoutKey = (organisation: string): Key => ({
  pk: autoPayouts,
  sk: organisation,
});

/** The list of wallets that nothing is paid to. */
export const deniedWallets = 'DENIED_WALLETS';

export const deniedWalletKey = (address: string): Key => ({ pk: deniedWallets, sk: address });

/** Whole numbers as text that sorts by them. */
const padded = (number: number): string => String(number).padStart(10, '0');

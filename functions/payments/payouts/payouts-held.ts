/**
 * Whether payouts are held back as a whole: an operator (or the breaker) has stopped them, or the last check
 * of the treasury found an account that is not as it must be, or there was no check yet.
 */

import { getPayoutControls } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { isUsable } from '../../../shared/payments/treasury/treasury.ts';
import { getTreasury } from '../../../shared/payments/treasury/treasury-store.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const arePayoutsHeld = async (
  needs: Pick<Runtime, 'database' | 'log'>,
): Promise<boolean> => {
  const { pausedFor } = await getPayoutControls(needs.database);
  if (pausedFor !== null) return true;
  const treasury = await getTreasury(needs.database);
  if (treasury !== undefined && isUsable(treasury.problems)) return false;
  // The check itself rings.
  needs.log.warn('payouts.treasury_blocked', {
    problems: treasury?.problems.map(({ says }) => says) ?? 'never checked',
  });
  return true;
};

/** Task `finish-refunds`: goes on with refunds that a process left behind, or that the provider was away for. */
import { getRefund, listOpenRefunds } from '../../../shared/payments/cards/refund-store.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { carryOutRefund } from './follow-refund.ts';
import type { PaymentNeeds } from './payment-needs.ts';

const perRunMax = 100;

export const finishRefunds = async (needs: PaymentNeeds): Promise<TaskOutcome> => {
  const open = await listOpenRefunds(needs.database, perRunMax);
  return forEachDue(needs, open, async (refundId) => {
    const refund = await getRefund(needs.database, refundId);
    if (refund) await carryOutRefund(needs, refund);
  });
};

/**
 * Step `send-batch` of pay-suppliers: sends the bytes of a batch's last attempt to every provider. They were
 * written before; the same bytes again change nothing, so it may run as often as it likes.
 */
import { present } from '../../../shared/core/assert.ts';
import { getAttempt, getLaneBatch } from '../../../shared/payments/payouts/batch-store.ts';
import type { LaneStepInput, StepOutcome } from '../../kit/step.ts';
import { sendAttempt } from '../sending/send-attempt.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export const sendBatchStep = async (
  needs: PayoutNeeds,
  input: LaneStepInput,
): Promise<StepOutcome> => {
  const batch = await getLaneBatch(needs.database, input.lane_id);
  if (!batch) return { outcome: 'nothing' };
  if (batch.status !== 'signed') return { outcome: batch.status };
  const stored = await getAttempt(needs.database, batch.id, batch.attempts);
  const attempt = present(stored, `${batch.id} lacks attempt ${batch.attempts}`);
  const providers = await sendAttempt(needs, attempt);
  needs.log.info('payouts.sent', {
    ...{ batch_id: batch.id, number: attempt.number, transaction: attempt.signature },
    providers,
  });
  return { outcome: 'sent' };
};

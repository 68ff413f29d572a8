/**
 * Step `send-batch` of pay-suppliers: sends the bytes of a batch's last attempt to every provider. They were
 * written before; the same bytes again change nothing, so it may run as often as it likes.
 */
import { present } from '../../../shared/core/assert.ts';
import { getAttempt, getLaneBatch } from '../../../shared/payments/payouts/batch-store.ts';
import type { LaneStepInput, StepOutcome } from '../../kit/step.ts';
import { askAll } from './ask-providers.ts';
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
  // One that was found on the chain has no bytes here, and needs no sending.
  if (attempt.wire === '') return { outcome: 'sent' };
  const wire = Buffer.from(attempt.wire, 'base64');
  const taken = await askAll(needs, await needs.solana(), (provider) => provider.send(wire));
  needs.log.info('payouts.sent', {
    ...{ batch_id: batch.id, number: attempt.number, transaction: attempt.signature },
    providers: taken.length,
  });
  return { outcome: 'sent' };
};

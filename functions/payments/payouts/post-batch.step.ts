/**
 * Step `post-batch` of pay-suppliers: posts what a finalized transaction did, payout by payout, by the
 * balances that it changed; then the batch is done and the lane free. A transaction that did anything else
 * than its batch says is an alarm, and nothing of it is posted.
 */
import { present } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { movedBatch } from '../../../shared/payments/payouts/batch.ts';
import { assertPaid } from '../../../shared/payments/payouts/batch-effect.ts';
import {
  freeLane,
  getAttempt,
  getLaneBatch,
  putBatch,
} from '../../../shared/payments/payouts/batch-store.ts';
import { movedPayout } from '../../../shared/payments/payouts/payout.ts';
import { getPayout, putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import type { LaneStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { postPayout } from '../../ledger/chain/post-payout.ts';
import { requireFinalized } from '../sending/require-finalized.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export const postBatchStep = async (
  needs: PayoutNeeds,
  { lane_id: lane }: LaneStepInput,
): Promise<StepOutcome> => {
  const batch = await getLaneBatch(needs.database, lane);
  if (!batch) return { outcome: 'nothing' };
  if (batch.status !== 'landed') return { outcome: batch.status };
  const stored = await getAttempt(needs.database, batch.id, batch.attempts);
  const { signature } = present(stored, `${batch.id} lacks attempt ${batch.attempts}`);
  const transaction = await requireFinalized(needs, signature);
  assertPaid(batch, transaction, await needs.signer.getAddress());
  for (const { payoutId, units } of batch.members) {
    const payout = present(await getPayout(needs.database, payoutId), `${payoutId} is gone`);
    if (payout.status === 'paid') continue;
    const paid = movedPayout(payout, 'pay', { signature });
    await postPayout(needs, { payoutId, signature, units }, putPayout(paid, payout));
  }
  try {
    await commit(needs, [putBatch(movedBatch(batch, 'post')), freeLane(lane, batch.id)]);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
  needs.log.info('payouts.posted', { batch_id: batch.id, members: batch.members.length });
  return { outcome: 'done' };
};

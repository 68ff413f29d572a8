/**
 * Takes payouts out of a batch of which nothing signed can land, and gives their earnings back: each in one
 * transaction with the ledger's, so that nothing stands between. Who is left goes on; an empty batch ends.
 */
import { present } from '../../../shared/core/assert.ts';
import { type Batch, movedBatch, withMembers } from '../../../shared/payments/payouts/batch.ts';
import { freeLane, hasLane, putBatch } from '../../../shared/payments/payouts/batch-store.ts';
import { movedPayout } from '../../../shared/payments/payouts/payout.ts';
import { getPayout, putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import type { StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { voidPayout } from '../../ledger/chain/post-payout.ts';
import type { PayoutNeeds } from './payout-needs.ts';
import type { BadMember } from './screen-members.ts';

/** Throws WriteRefused when somebody else has moved the batch. */
export const refuseMembers = async (
  needs: PayoutNeeds,
  batch: Batch,
  bad: readonly BadMember[],
): Promise<StepOutcome> => {
  let left = batch;
  for (const { member, reason } of bad) {
    const { payoutId } = member;
    const payout = present(await getPayout(needs.database, payoutId), `${payoutId} is gone`);
    const others = left.members.filter((one) => one.payoutId !== payoutId);
    const next = withMembers(left, others);
    await voidPayout(needs, { payoutId }, [
      ...putPayout(movedPayout(payout, 'refuse', { reason }), payout),
      putBatch(next),
      hasLane(batch.lane, batch.id),
    ]);
    needs.log.warn('payouts.refused', { payout_id: payoutId, batch_id: batch.id, reason });
    left = next;
  }
  if (left.members.length > 0) return { outcome: 'again' };
  await commit(needs, [putBatch(movedBatch(left, 'dissolve')), freeLane(batch.lane, batch.id)]);
  return { outcome: 'nothing' };
};

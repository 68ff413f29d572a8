/**
 * Step `follow-batch` of pay-suppliers: looks at what has become of a batch's last attempt. Only proof moves
 * the batch: a finalized transaction, or that it can never land any more.
 */
import { present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { type Attempt, type Batch, movedBatch } from '../../../shared/payments/payouts/batch.ts';
import {
  getAttempt,
  getLaneBatch,
  getSignedUnits,
  hasLane,
  putBatch,
  putSignedUnits,
} from '../../../shared/payments/payouts/batch-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { LaneStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { lookAtAttempt } from '../sending/look-at-attempt.ts';
import { postNetworkFee } from '../sending/post-network-fee.ts';
import { referenceOf } from '../sending/reference.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export const followBatchStep = async (
  needs: PayoutNeeds,
  input: LaneStepInput,
): Promise<StepOutcome> => {
  const batch = await getLaneBatch(needs.database, input.lane_id);
  if (!batch) return { outcome: 'nothing' };
  if (batch.status !== 'signed') return { outcome: batch.status };
  const attempt = await requireAttempt(needs, batch);
  const { end, finalized } = await lookAtAttempt(needs, attempt, referenceOf(batch.id));
  if (end === 'pending') return { outcome: 'pending' };
  needs.log.info('payouts.attempt_ended', { batch_id: batch.id, number: attempt.number, end });
  // A failed transaction has cost its fee all the same.
  if (finalized) await postNetworkFee(needs, finalized);
  const slot = finalized?.slot ?? 0n;
  const event = end === 'landed' ? 'land' : 'die';
  return moveOn(needs, batch, { attempt, slot, event });
};

const requireAttempt = async (needs: PayoutNeeds, { id, attempts }: Batch): Promise<Attempt> =>
  present(await getAttempt(needs.database, id, attempts), `${id} lacks attempt ${attempts}`);

/** Moves the batch, and what is signed of its token, unless somebody else has. */
const moveOn = (
  needs: PayoutNeeds,
  batch: Batch,
  end: { readonly attempt: Attempt; readonly slot: bigint; readonly event: 'land' | 'die' },
): Promise<StepOutcome> =>
  retryRefused(needs, async () => {
    const next = movedBatch(batch, end.event);
    const signed = await getSignedUnits(needs.database, batch.token);
    const units = signed.units - end.attempt.units;
    const slot = end.slot > signed.slot ? end.slot : signed.slot;
    const writes: Write[] = [
      putBatch(next),
      putSignedUnits(signed, { units, slot }),
      hasLane(batch.lane, batch.id),
    ];
    try {
      await commit(needs, writes);
    } catch (error) {
      if (!(error instanceof WriteRefused) || !error.failedAt(0)) throw error;
      return { outcome: 'moved' };
    }
    return { outcome: next.status };
  });

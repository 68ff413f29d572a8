/**
 * Step `follow-batch` of pay-suppliers: looks at what has become of a batch's last attempt. Only proof moves
 * the batch: a finalized transaction, or that it can never land any more.
 */

import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { judgeAttempt, type Testimony } from '../../../shared/payments/payouts/attempt-end.ts';
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
import { askAll } from './ask-providers.ts';
import { historyMax, referenceOf } from './batch-reference.ts';
import type { PayoutNeeds } from './payout-needs.ts';
import { postNetworkFee } from './post-network-fee.ts';

export const followBatchStep = async (
  needs: PayoutNeeds,
  input: LaneStepInput,
): Promise<StepOutcome> => {
  const batch = await getLaneBatch(needs.database, input.lane_id);
  if (!batch) return { outcome: 'nothing' };
  if (batch.status !== 'signed') return { outcome: batch.status };
  const attempt = await requireAttempt(needs, batch);
  const testimonies = await askAll(needs, await needs.solana(), (provider) =>
    testimonyOf(provider, attempt),
  );
  const end = judgeAttempt(attempt.lifetime, testimonies);
  if (end === 'pending') return { outcome: 'pending' };
  needs.log.info('payouts.attempt_ended', { batch_id: batch.id, number: attempt.number, end });
  const finalized = finalizedIn(testimonies);
  // A failed transaction has cost its fee all the same.
  if (finalized) await postNetworkFee(needs, finalized);
  const slot = finalized?.slot ?? 0n;
  const event = end === 'landed' ? 'land' : 'die';
  return moveOn(needs, batch, { attempt, slot, event });
};

const requireAttempt = async (needs: PayoutNeeds, { id, attempts }: Batch): Promise<Attempt> =>
  present(await getAttempt(needs.database, id, attempts), `${id} lacks attempt ${attempts}`);

/** In this order: what is said of the transaction is newer than the height that may prove it dead. */
const testimonyOf = async (provider: SolanaPort, attempt: Attempt): Promise<Testimony> => {
  const { lifetime, signature, batchId } = attempt;
  const finalizedHeight = await provider.getFinalizedBlockHeight();
  const nonce = lifetime.kind === 'nonce' ? await provider.getNonce(lifetime.account) : undefined;
  const [status] = await provider.listStatuses([signature]);
  const reading = await provider.getTransaction(signature, 'finalized');
  const history = await provider.listSignatures(await referenceOf(batchId), { limit: historyMax });
  return {
    finalizedHeight,
    nonce,
    status: present(status, 'a status is missing'),
    reading,
    isInHistory: history.some((note) => note.signature === signature),
  };
};

const finalizedIn = (testimonies: readonly Testimony[]) => {
  for (const { reading } of testimonies) {
    if (reading.outcome === 'read') return reading.transaction;
  }
  return undefined;
};

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

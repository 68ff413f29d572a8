/**
 * Puts payouts of an open batch back into the queue: those that a transaction has no room for any more, since
 * wallets whose token account was there have none now and need one made, and rewards that nothing covers.
 */
import type { Write } from '../../../shared/core/database.ts';
import { type Batch, type Member, withMembers } from '../../../shared/payments/payouts/batch.ts';
import { fitBatch } from '../../../shared/payments/payouts/batch-plan.ts';
import { hasLane, putBatch } from '../../../shared/payments/payouts/batch-store.ts';
import { movedPayout } from '../../../shared/payments/payouts/payout.ts';
import { getPayouts, putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import type { StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { formOf, type PayoutNeeds } from './payout-needs.ts';

/** Payouts that one transaction of the database moves: two writes each, and the batch's own. */
const movesMax = 45;

/** The members that do not fit with those before them, the oldest first. */
export const beyondRoom = (
  needs: PayoutNeeds,
  { lane, members }: Batch,
  making: readonly Member[],
): readonly Member[] => {
  const made = new Set(making.map(({ payoutId }) => payoutId));
  const candidates = members.map(({ payoutId }) => ({ makesAccount: made.has(payoutId) }));
  return members.slice(fitBatch(candidates, formOf(needs, lane)).length);
};

/** Throws WriteRefused when somebody else has moved the batch. */
export const releaseMembers = async (
  needs: PayoutNeeds,
  batch: Batch,
  beyond: readonly Member[],
): Promise<StepOutcome> => {
  const ids = new Set(beyond.slice(-movesMax).map(({ payoutId }) => payoutId));
  const payouts = await getPayouts(needs.database, [...ids]);
  const rest = batch.members.filter(({ payoutId }) => !ids.has(payoutId));
  const writes: Write[] = payouts.flatMap((payout) =>
    putPayout(movedPayout(payout, 'release', { batchId: null }), payout),
  );
  await commit(needs, [
    putBatch(withMembers(batch, rest)),
    hasLane(batch.lane, batch.id),
    ...writes,
  ]);
  return { outcome: 'again' };
};

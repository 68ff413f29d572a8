/**
 * Finds a transaction of a batch on the chain that no attempt knows of: its record was lost, as in a table
 * restored to an earlier time. It has paid, so the batch follows it instead of making another.
 */
import type { Batch } from '../../../shared/payments/payouts/batch.ts';
import { batchUnits, movedBatch } from '../../../shared/payments/payouts/batch.ts';
import {
  getSignedUnits,
  hasLane,
  listAttempts,
  putAttempt,
  putBatch,
  putSignedUnits,
} from '../../../shared/payments/payouts/batch-store.ts';
import { commit } from '../../kit/transaction.ts';
import { askAll, askFirst } from './ask-providers.ts';
import { historyMax, referenceOf } from './batch-reference.ts';
import type { PayoutNeeds } from './payout-needs.ts';

/** Whether there was one; then the batch is `signed` with it. Throws where no provider answers. */
export const adoptFound = async (needs: PayoutNeeds, batch: Batch): Promise<boolean> => {
  const providers = await needs.solana();
  const reference = referenceOf(batch.id);
  const histories = await askAll(needs, providers, (provider) =>
    provider.listSignatures(reference, { limit: historyMax }),
  );
  // Silence of all is no answer.
  if (histories.length === 0) {
    await askFirst(needs, providers, (provider) => provider.getFinalizedSlot());
  }
  const attempts = await listAttempts(needs.database, batch.id);
  const known = new Set(attempts.map(({ signature }) => signature));
  const found = histories.flat().find(({ signature, failed }) => !failed && !known.has(signature));
  if (!found) return false;
  needs.log.error('payouts.attempt_found', { batch_id: batch.id, transaction: found.signature });
  const units = batchUnits(batch);
  const signed = await getSignedUnits(needs.database, batch.token);
  const number = batch.attempts + 1;
  await commit(needs, [
    putBatch(movedBatch(batch, 'sign', { attempts: number })),
    putAttempt({
      ...{ batchId: batch.id, number, signature: found.signature, wire: '', units },
      // Of no matter: it is finalized.
      lifetime: { kind: 'blockhash', lastValidBlockHeight: found.slot },
      signedAtMs: needs.clock.nowMs(),
    }),
    hasLane(batch.lane, batch.id),
    putSignedUnits(signed, { units: signed.units + units, slot: signed.slot }),
  ]);
  return true;
};

/**
 * Finds a transaction on the chain that paid an open batch: its record was lost, as in a table restored to an
 * earlier time, or it was taken for dead. It has paid, so the batch follows it instead of making another.
 */
import {
  getOwnTransaction,
  putOwnTransaction,
} from '../../../shared/ledger/chain/own-transaction-store.ts';
import type { Batch } from '../../../shared/payments/payouts/batch.ts';
import { batchUnits, movedBatch } from '../../../shared/payments/payouts/batch.ts';
import { paidDifference } from '../../../shared/payments/payouts/batch-effect.ts';
import {
  getSignedUnits,
  hasLane,
  putAttempt,
  putBatch,
  putSignedUnits,
} from '../../../shared/payments/payouts/batch-store.ts';
import { commit } from '../../kit/transaction.ts';
import { findOwn } from '../sending/find-own.ts';
import { referenceOf } from '../sending/reference.ts';
import type { PayoutNeeds } from './payout-needs.ts';

/** Whether there was one; then the batch is `signed` with it. Throws where it cannot be known. */
export const adoptFound = async (needs: PayoutNeeds, batch: Batch): Promise<boolean> => {
  const found = await findOwn(needs, {
    reference: referenceOf(batch.id),
    difference: (transaction, treasury) => paidDifference(batch, transaction, treasury),
  });
  if (!found) return false;
  const { signature, slot } = found;
  needs.log.error('payouts.attempt_found', { batch_id: batch.id, transaction: signature });
  const units = batchUnits(batch);
  const signed = await getSignedUnits(needs.database, batch.token);
  const number = batch.attempts + 1;
  const atMs = needs.clock.nowMs();
  const own = await getOwnTransaction(needs.database, signature);
  await commit(needs, [
    putBatch(movedBatch(batch, 'sign', { attempts: number })),
    putAttempt({
      ...{ batchId: batch.id, number, signature, wire: '', units },
      // Of no matter: it is finalized.
      lifetime: { kind: 'blockhash', lastValidBlockHeight: slot },
      signedAtMs: atMs,
    }),
    hasLane(batch.lane, batch.id),
    putSignedUnits(signed, { units: signed.units + units, slot: signed.slot }),
    ...(own
      ? []
      : [putOwnTransaction({ signature, purpose: 'payout', subjectId: batch.id, atMs })]),
  ]);
  return true;
};

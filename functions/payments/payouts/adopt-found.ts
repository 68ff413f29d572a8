/**
 * Finds a transaction on the chain that paid an open batch: its record was lost, as in a table restored to an
 * earlier time, or it was taken for dead. It has paid, so the batch follows it instead of making another. Only
 * what the treasury paid the fee for is ours: anybody can name a batch's key in a transaction of his own, and
 * is passed over. What is ours and cannot be understood lets nothing more be signed.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { assert, BugError } from '../../../shared/core/assert.ts';
import type { ChainTransaction, SignatureNote } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
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
import { askAll, askFirst } from './ask-providers.ts';
import { historyMax, referenceOf } from './batch-reference.ts';
import type { PayoutNeeds } from './payout-needs.ts';

/** Pages of a batch's history that are read; what a stranger put there beyond them stops the batch. */
const pagesMax = 5;
/** Transactions of it that are read one by one. */
const readsMax = 300;

/** Whether there was one; then the batch is `signed` with it. Throws where it cannot be known. */
export const adoptFound = async (needs: PayoutNeeds, batch: Batch): Promise<boolean> => {
  const providers = await needs.solana();
  const found = await findPaid(needs, batch, providers);
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

/** The treasury's own transaction that paid the batch, by all that the providers know. */
const findPaid = async (
  needs: PayoutNeeds,
  batch: Batch,
  providers: readonly SolanaPort[],
): Promise<ChainTransaction | undefined> => {
  const reference = referenceOf(batch.id);
  const histories = await askAll(needs, providers, (one) => listHistory(one, reference));
  // Silence of all is no answer.
  if (histories.length === 0) await askFirst(needs, providers, (one) => one.getFinalizedSlot());
  const notes = histories.flat().filter(({ failed }) => !failed);
  const signatures = [...new Set(notes.map(({ signature }) => signature))];
  assert(signatures.length <= readsMax, `${batch.id} is named by too many transactions`);
  const treasury = await needs.signer.getAddress();
  for (const signature of signatures) {
    const readings = await askAll(needs, providers, (one) =>
      one.getTransaction(signature, 'finalized'),
    );
    const read = readings.flatMap((one) => (one.outcome === 'read' ? [one.transaction] : []));
    // Whoever names it has seen it: what nobody can show may have paid.
    if (read.length === 0) throw unreadable(signature);
    const ours = read.filter(({ feePayer, failed }) => feePayer === treasury && !failed);
    const paid = ours.find((one) => paidDifference(batch, one, treasury) === undefined);
    if (paid) return paid;
    const [other] = ours;
    if (other) throw new BugError(paidDifference(batch, other, treasury) ?? signature);
  }
  return undefined;
};

const unreadable = (signature: string): AppError =>
  new AppError('solana.unavailable', { details: { transaction: signature } });

/** Newest first, to its end. */
const listHistory = async (
  provider: SolanaPort,
  reference: string,
): Promise<readonly SignatureNote[]> => {
  const notes: SignatureNote[] = [];
  for (let page = 0; page < pagesMax; page += 1) {
    const before = notes.at(-1)?.signature;
    const found = await provider.listSignatures(reference, { limit: historyMax, before });
    notes.push(...found);
    if (found.length < historyMax) return notes;
  }
  throw new BugError(`${reference} is named by too many transactions`);
};

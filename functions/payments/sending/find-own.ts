/**
 * Finds a transaction of the treasury's own that names a reference: the record of it was lost, as in a table
 * restored to an earlier time, or it was taken for dead. Only what the treasury paid the fee for is ours:
 * anybody can name a reference in a transaction of his own, and is passed over. What is ours and does not do
 * what was asked for is a BugError, which lets nothing more be signed.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { assert, BugError } from '../../../shared/core/assert.ts';
import type { ChainTransaction, SignatureNote } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { askAll, askFirst } from './ask-providers.ts';
import { historyMax } from './look-at-attempt.ts';
import type { SendingNeeds } from './sending-needs.ts';

/** Pages of a history that are read; what a stranger put there beyond them stops the work. */
const pagesMax = 5;
/** Transactions of it that are read one by one. */
const readsMax = 300;

export interface Sought {
  readonly reference: string;
  /** Where a transaction does something else than was asked for; undefined where it did that. */
  readonly difference: (transaction: ChainTransaction, treasury: string) => string | undefined;
}

/** By all that the providers know; throws where it cannot be known. */
export const findOwn = async (
  needs: SendingNeeds,
  { reference, difference }: Sought,
): Promise<ChainTransaction | undefined> => {
  const providers = await needs.solana();
  const histories = await askAll(needs, providers, (one) => listHistory(one, reference));
  // Silence of all is no answer.
  if (histories.length === 0) await askFirst(needs, providers, (one) => one.getFinalizedSlot());
  const notes = histories.flat().filter(({ failed }) => !failed);
  const signatures = [...new Set(notes.map(({ signature }) => signature))];
  assert(signatures.length <= readsMax, `${reference} is named by too many transactions`);
  const treasury = await needs.signer.getAddress();
  for (const signature of signatures) {
    const readings = await askAll(needs, providers, (one) =>
      one.getTransaction(signature, 'finalized'),
    );
    const read = readings.flatMap((one) => (one.outcome === 'read' ? [one.transaction] : []));
    // Whoever names it has seen it: what nobody can show may have paid.
    if (read.length === 0) throw unreadable(signature);
    const ours = read.filter(({ feePayer, failed }) => feePayer === treasury && !failed);
    const done = ours.find((one) => difference(one, treasury) === undefined);
    if (done) return done;
    const [other] = ours;
    if (other) throw new BugError(difference(other, treasury) ?? signature);
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

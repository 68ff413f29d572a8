/**
 * What has become of a signed transaction, from what providers say of it. The rule that keeps a payout from
 * being paid twice: it is dead only where it can provably never land any more, and silence is no proof.
 * Pure.
 */
import type { SignatureStatus, TransactionReading } from '../../core/chain.ts';
import type { Lifetime } from './batch.ts';

/** What one provider said, in this order: first how far it is, then what it knows of the transaction. */
export interface Testimony {
  /** Height of its newest finalized block, or the nonce's value that is finalized, before all else. */
  readonly finalizedHeight: bigint;
  /** Undefined where the lifetime is no nonce, or the account does not exist. */
  readonly nonce: string | undefined;
  /** With its whole history searched. */
  readonly status: SignatureStatus;
  /** At the level `finalized`. */
  readonly reading: TransactionReading;
  /** Whether its history of the batch's reference names the transaction. */
  readonly isInHistory: boolean;
}

export type AttemptEnd =
  /** It is finalized and did what it says. */
  | 'landed'
  /** It is finalized and did nothing but pay its fee. */
  | 'failed'
  /** It can never land. */
  | 'expired'
  /** It may still land, or what it did may still be undone. */
  | 'pending';

/** Providers that must agree that a transaction is gone, or that it paid nothing. */
export const witnessesMin = 2;

/**
 * The end of an attempt; `pending` unless there is proof. One provider's finalized transaction is proof that it
 * landed; that nothing was paid is never believed of one alone, for then another one is signed.
 */
export const judgeAttempt = (lifetime: Lifetime, testimonies: readonly Testimony[]): AttemptEnd => {
  const failures = testimonies.filter(saysFailed).length;
  const successes = testimonies.filter(saysPaid).length;
  if (failures > 0) return successes === 0 && failures >= witnessesMin ? 'failed' : 'pending';
  if (testimonies.some(({ reading }) => reading.outcome === 'read')) return 'landed';
  const isGone =
    testimonies.length >= witnessesMin &&
    testimonies.every((testimony) => isOver(lifetime, testimony) && isUnknown(testimony));
  return isGone ? 'expired' : 'pending';
};

const saysFailed = ({ reading }: Testimony): boolean =>
  reading.outcome === 'read' && reading.transaction.failed;

/** Whether the provider has it finalized as one that did what it says. */
const saysPaid = ({ status, reading }: Testimony): boolean =>
  status.outcome === 'finalized' || (reading.outcome === 'read' && !reading.transaction.failed);

/** Whether the provider has seen the last block in which the transaction could land. */
const isOver = (lifetime: Lifetime, { finalizedHeight, nonce }: Testimony): boolean =>
  lifetime.kind === 'blockhash'
    ? finalizedHeight > lifetime.lastValidBlockHeight
    : nonce !== undefined && nonce !== lifetime.value;

/** Whether nothing at all is known of it: what cannot be read is there. */
const isUnknown = ({ status, reading, isInHistory }: Testimony): boolean =>
  status.outcome === 'absent' && reading.outcome === 'absent' && !isInHistory;

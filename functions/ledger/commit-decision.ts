/**
 * The loop around every ledger decision: read, decide, commit; when the world moved in between, again.
 * Whatever is committed was decided on what was read, for the conditions say so.
 */
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { readRefusal } from '../../shared/ledger/refusal.ts';
import type { Transfer } from '../../shared/ledger/transfer.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

const roundsMax = 16;

export interface Decision<Answer> {
  /** Nothing to write is a decision too. */
  readonly writes: readonly Write[];
  /** The transfers among the writes. */
  readonly transfers: readonly Transfer[];
  readonly answer: Answer;
}

export type Committed<Answer> =
  | { readonly outcome: 'committed'; readonly answer: Answer }
  /** A transfer with our id and cause was there before; `answer` is of the decision, not of its commit. */
  | { readonly outcome: 'already_done'; readonly answer: Answer };

/**
 * Commits what `decide` proposes; `decide` reads afresh each time. Throws `platform.unavailable` when
 * others keep moving what it reads, and a BugError when a transfer's id has another cause.
 */
export const commitDecision = <Answer>(
  needs: CommitRuntime,
  decide: () => Promise<Decision<Answer>>,
): Promise<Committed<Answer>> => {
  const decideAndCommit = async (): Promise<Committed<Answer>> => {
    const { writes, transfers, answer } = await decide();
    if (writes.length === 0) return { outcome: 'committed', answer };
    try {
      await commit(needs, writes);
      return { outcome: 'committed', answer };
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      const meaning = readRefusal(error, writes, transfers);
      if (meaning === 'already_done') return { outcome: 'already_done', answer };
      throw error;
    }
  };
  return retryRefused(needs, decideAndCommit, roundsMax);
};

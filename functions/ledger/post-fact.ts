/**
 * Posts a fact of the outside world once: decides, commits, and answers the transfer as it stands in the
 * ledger, whoever committed it. A fact told again changes nothing; another fact under its id is an alarm.
 */
import { assert, present } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import type { Clock } from '../../shared/core/time.ts';
import { getTransfer } from '../../shared/ledger/ledger-store.ts';
import type { Transfer } from '../../shared/ledger/transfer.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { commitDecision } from './commit-decision.ts';

export type PostingNeeds = CommitRuntime & { readonly clock: Clock };

/** A fact as it is to be posted: the transfer that is named after it, and its other half. */
export interface PostingPlan {
  readonly transfer: Transfer;
  readonly others?: readonly Transfer[];
  readonly writes: readonly Write[];
}

export interface Posted {
  readonly outcome: 'committed' | 'already_done';
  /** As it was committed: legs that depend on state are those of the commit. */
  readonly transfer: Transfer;
}

/**
 * `decide` reads afresh each time; it answers a stored transfer and no writes where it finds the fact
 * posted, and beside the transfer the `others` that the fact consists of. Throws `platform.unavailable` when contention does not end, and a BugError for
 * another cause.
 */
export const postFact = async (
  needs: PostingNeeds,
  decide: () => Promise<PostingPlan>,
): Promise<Posted> => {
  const { outcome, answer } = await commitDecision(needs, async () => {
    const { transfer, others = [], writes } = await decide();
    return {
      writes,
      transfers: [transfer, ...others],
      answer: { transfer, found: writes.length === 0 },
    };
  });
  const { transfer, found } = answer;
  if (found) return { outcome: 'already_done', transfer };
  if (outcome === 'committed') return { outcome, transfer };
  const stored = await getTransfer(needs.database, transfer.id);
  return { outcome, transfer: present(stored, `transfer ${transfer.id} vanished`) };
};

/** What is committed in a fact's own transaction; a function is asked afresh in each round. */
export type Beside = readonly Write[] | (() => Promise<readonly Write[]>);

export const readBeside = (beside: Beside): Promise<readonly Write[]> =>
  typeof beside === 'function' ? beside() : Promise.resolve(beside);

/**
 * Posts a fact that the ledger may refuse, as data. It is looked up first: what was posted stays posted,
 * whatever is there by now. `decide` answers a plan, or the refusal; it is held to the transfer's id and cause.
 */
export const postOrRefuse = async <Refusal extends { readonly outcome: string }>(
  needs: PostingNeeds,
  named: Pick<Transfer, 'id' | 'cause'>,
  decide: () => Promise<PostingPlan | Refusal>,
): Promise<Posted | Refusal> => {
  const answered = await commitDecision<Posted | Refusal>(needs, async () => {
    const stored = await getTransfer(needs.database, named.id);
    if (stored) {
      assert(stored.cause === named.cause, `${named.id} exists with another cause`);
      return { writes: [], transfers: [], answer: { outcome: 'already_done', transfer: stored } };
    }
    const decision = await decide();
    if (!('transfer' in decision)) return { writes: [], transfers: [], answer: decision };
    const { transfer, others = [], writes } = decision;
    assert(transfer.id === named.id, `${transfer.id} is another fact than ${named.id}`);
    return {
      writes,
      transfers: [transfer, ...others],
      answer: { outcome: 'committed', transfer },
    };
  });
  const { outcome, answer } = answered;
  if (outcome === 'committed') return answer;
  const stored = await getTransfer(needs.database, named.id);
  return { outcome, transfer: present(stored, `transfer ${named.id} vanished`) };
};

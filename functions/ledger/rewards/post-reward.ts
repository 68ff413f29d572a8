/**
 * Pays an organisation for an hour, and later gives free what of it was held, or keeps it until an operator
 * decides. All idempotent: whoever comes second changes nothing.
 */
import { present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import { getTransfer } from '../../../shared/ledger/ledger-store.ts';
import { emissionId } from '../../../shared/ledger/rewards/emission.ts';
import {
  isKept,
  planReward,
  planRewardKeep,
  planRewardRelease,
  type RewardFact,
  type RewardHold,
} from '../../../shared/ledger/rewards/reward.ts';
import { getRewardHold } from '../../../shared/ledger/rewards/reward-store.ts';
import { commitDecision, type Decision } from '../commit-decision.ts';
import { type Posted, type PostingNeeds, postFact } from '../post-fact.ts';

/**
 * Call after the hour's release was posted: a BugError before, and for another amount under the same hour
 * and organisation.
 */
export const postReward = (needs: PostingNeeds, fact: RewardFact): Promise<Posted> =>
  postFact(needs, async () => {
    const id = emissionId(fact.epochId);
    const emission = present(await getTransfer(needs.database, id), `${id} is not posted`);
    return planReward(fact, { emission, nowMs: needs.clock.nowMs() });
  });

type HeldReward = Pick<RewardFact, 'epochId' | 'organisation'>;

export interface RewardReleaseOutcome {
  readonly outcome: 'released' | 'already_done';
}

/** What is kept stays so. A BugError when nothing was held, or when its time has not come. */
export const releaseReward = (
  needs: PostingNeeds,
  held: HeldReward,
): Promise<RewardReleaseOutcome> =>
  moveHold(needs, held, 'released', (hold) => planRewardRelease([hold], needs.clock.nowMs()));

export interface RewardKeepOutcome {
  readonly outcome: 'kept' | 'already_done';
}

/** Only an operator gives it free from now on. A BugError as above. */
export const keepReward = (needs: PostingNeeds, held: HeldReward): Promise<RewardKeepOutcome> =>
  moveHold(needs, held, 'kept', (hold) => [planRewardKeep(hold, needs.clock.nowMs())]);

/** Moves what is still held and not kept. */
const moveHold = async <Moved extends string>(
  needs: PostingNeeds,
  { epochId, organisation }: HeldReward,
  moved: Moved,
  plan: (hold: RewardHold) => readonly Write[],
): Promise<{ readonly outcome: Moved | 'already_done' }> => {
  const decide = async (): Promise<Decision<{ readonly outcome: Moved | 'already_done' }>> => {
    const found = await getRewardHold(needs.database, epochId, organisation);
    const hold = present(found, `nothing of ${epochId} is held for ${organisation}`);
    if (hold.state !== 'open' || isKept(hold)) {
      return { writes: [], transfers: [], answer: { outcome: 'already_done' } };
    }
    return { writes: plan(hold), transfers: [], answer: { outcome: moved } };
  };
  const { answer } = await commitDecision(needs, decide);
  return answer;
};

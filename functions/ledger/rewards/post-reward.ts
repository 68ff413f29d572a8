/**
 * Pays an organisation for an hour, and gives free later what of it was held. Both idempotent: whoever comes
 * second changes nothing.
 */
import { present } from '../../../shared/core/assert.ts';
import { getTransfer } from '../../../shared/ledger/ledger-store.ts';
import { emissionId } from '../../../shared/ledger/rewards/emission.ts';
import {
  planReward,
  planRewardRelease,
  type RewardFact,
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

export interface RewardReleaseOutcome {
  readonly outcome: 'released' | 'already_done';
}

/** A BugError when nothing was held, or when its time has not come. */
export const releaseReward = async (
  needs: PostingNeeds,
  { epochId, organisation }: Pick<RewardFact, 'epochId' | 'organisation'>,
): Promise<RewardReleaseOutcome> => {
  const decide = async (): Promise<Decision<RewardReleaseOutcome>> => {
    const found = await getRewardHold(needs.database, epochId, organisation);
    const hold = present(found, `nothing of ${epochId} is held for ${organisation}`);
    if (hold.state !== 'open') {
      return { writes: [], transfers: [], answer: { outcome: 'already_done' } };
    }
    const writes = planRewardRelease(hold, needs.clock.nowMs());
    return { writes, transfers: [], answer: { outcome: 'released' } };
  };
  const { answer } = await commitDecision(needs, decide);
  return answer;
};

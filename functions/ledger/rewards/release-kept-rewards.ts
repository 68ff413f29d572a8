/**
 * Gives free what was kept of an organisation's rewards, because an operator decided so: as many hours as fit
 * into one transaction, together with what is to be written with the decision.
 */
import type { Write } from '../../../shared/core/database.ts';
import { planRewardRelease } from '../../../shared/ledger/rewards/reward.ts';
import { listKeptRewards } from '../../../shared/ledger/rewards/reward-store.ts';
import { commitDecision, type Decision } from '../commit-decision.ts';
import type { PostingNeeds } from '../post-fact.ts';

/** Hours of one release: a transaction has a hundred writes at most. */
export const keptHoursMax = 90;

export type KeptReleaseOutcome =
  | {
      readonly outcome: 'released';
      /** Base units of IO. */
      readonly units: bigint;
      readonly hours: number;
      /** Maybe there are more hours to be released. */
      readonly hasMore: boolean;
    }
  /** Nothing is kept, as far as the index knows by now. */
  | { readonly outcome: 'nothing' };

export const releaseKeptRewards = async (
  needs: PostingNeeds,
  organisation: string,
  beside: readonly Write[],
): Promise<KeptReleaseOutcome> => {
  const decide = async (): Promise<Decision<KeptReleaseOutcome>> => {
    const page = { organisation, limit: keptHoursMax };
    const { holds, next } = await listKeptRewards(needs.database, page);
    if (holds.length === 0) {
      return { writes: [], transfers: [], answer: { outcome: 'nothing' } };
    }
    const units = holds.reduce((sum, { left }) => sum + left, 0n);
    const writes = [...planRewardRelease(holds, needs.clock.nowMs()), ...beside];
    const found = { units, hours: holds.length, hasMore: next !== undefined };
    return { writes, transfers: [], answer: { outcome: 'released', ...found } };
  };
  const { answer } = await commitDecision(needs, decide);
  return answer;
};

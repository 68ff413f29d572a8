/**
 * Stakes from rewards, and what was unstaked comes back: each once, in one transaction with the writes of the
 * stake's own item. Holding what is unstaked is a plan (`planUnstake`) that the caller commits with its own.
 */
import { present } from '../../../shared/core/assert.ts';
import { getRewardBalance } from '../../../shared/ledger/rewards/io-balance-store.ts';
import {
  planStake,
  planWithdrawal,
  type StakeFact,
  stakeCause,
  stakeTransferId,
} from '../../../shared/ledger/rewards/stake.ts';
import { getUnstakeHold } from '../../../shared/ledger/rewards/stake-store.ts';
import {
  type Beside,
  type Posted,
  type PostingNeeds,
  postFact,
  postOrRefuse,
  readBeside,
} from '../post-fact.ts';

/** The organisation has less IO available; base units. Nothing was written. */
interface BalanceShort {
  readonly outcome: 'balance_short';
  readonly available: bigint;
}

/** A BugError when the id is of another stake. */
export const postStake = (
  needs: PostingNeeds,
  fact: StakeFact,
  beside: Beside = [],
): Promise<Posted | BalanceShort> => {
  const named = { id: stakeTransferId(fact.stakeId), cause: stakeCause(fact) };
  return postOrRefuse<BalanceShort>(needs, named, async () => {
    const rewards = await getRewardBalance(needs.database, fact.organisation);
    const decision = planStake(fact, { rewards, nowMs: needs.clock.nowMs() });
    if (decision.outcome !== 'staked') return decision;
    return { ...decision, writes: [...decision.writes, ...(await readBeside(beside))] };
  });
};

/** Whether its wait is over is the caller's business. A BugError when nothing was unstaked under this id. */
export const postWithdrawal = (
  needs: PostingNeeds,
  { unstakeId }: { readonly unstakeId: string },
  beside: Beside = [],
): Promise<Posted> =>
  postFact(needs, async () => {
    const found = await getUnstakeHold(needs.database, unstakeId);
    const hold = present(found, `${unstakeId} was never unstaked`);
    const plan = planWithdrawal(hold, needs.clock.nowMs());
    return { ...plan, writes: [...plan.writes, ...(await readBeside(beside))] };
  });

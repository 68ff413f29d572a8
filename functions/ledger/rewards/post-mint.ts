/** Posts a finalized daily mint, once, with what is to be written in its transaction. */
import { type MintFact, planMint } from '../../../shared/ledger/rewards/mint.ts';
import { type Beside, type Posted, type PostingNeeds, postFact, readBeside } from '../post-fact.ts';

/**
 * Throws `platform.unavailable` when the transaction was never written down as this day's mint, and a BugError
 * for another amount or transaction than the day was minted with.
 */
export const postMint = (
  needs: PostingNeeds,
  fact: MintFact,
  beside: Beside = [],
): Promise<Posted> =>
  postFact(needs, async () => {
    const plan = planMint(fact, needs.clock.nowMs());
    return { ...plan, writes: [...plan.writes, ...(await readBeside(beside))] };
  });

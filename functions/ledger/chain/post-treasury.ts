/** Records what our custody on chain got without a seen arrival, and what our transactions cost, each once. */
import {
  type ChainFeeFact,
  planChainFee,
  planTreasuryFunding,
  type TreasuryFundingFact,
} from '../../../shared/ledger/chain/treasury.ts';
import { type Posted, type PostingNeeds, postFact } from '../post-fact.ts';

export const postTreasuryFunding = (
  needs: PostingNeeds,
  fact: Omit<TreasuryFundingFact, 'nowMs'>,
): Promise<Posted> =>
  postFact(needs, async () => planTreasuryFunding({ ...fact, nowMs: needs.clock.nowMs() }));

export const postChainFee = (
  needs: PostingNeeds,
  fact: Omit<ChainFeeFact, 'nowMs'>,
): Promise<Posted> =>
  postFact(needs, async () => planChainFee({ ...fact, nowMs: needs.clock.nowMs() }));

/** Records what the card provider took for itself and what it paid out to our bank, each once. */
import {
  type BankFundingFact,
  type ProviderCostFact,
  planBankFunding,
  planProviderCost,
} from '../../shared/ledger/provider.ts';
import { type Posted, type PostingNeeds, postFact } from './post-fact.ts';

export const postProviderCost = (
  needs: PostingNeeds,
  fact: Omit<ProviderCostFact, 'nowMs'>,
): Promise<Posted> =>
  postFact(needs, async () => planProviderCost({ ...fact, nowMs: needs.clock.nowMs() }));

export const postBankFunding = (
  needs: PostingNeeds,
  fact: Omit<BankFundingFact, 'nowMs'>,
): Promise<Posted> =>
  postFact(needs, async () => planBankFunding({ ...fact, nowMs: needs.clock.nowMs() }));

/** Records what our transactions cost on the chain, each once. */
import { type ChainFeeFact, planChainFee } from '../../../shared/ledger/chain/treasury.ts';
import { type Posted, type PostingNeeds, postFact } from '../post-fact.ts';

export const postChainFee = (
  needs: PostingNeeds,
  fact: Omit<ChainFeeFact, 'nowMs'>,
): Promise<Posted> =>
  postFact(needs, async () => planChainFee({ ...fact, nowMs: needs.clock.nowMs() }));

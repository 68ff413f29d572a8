/** Posts what a transaction of ours cost on the chain, failed ones too: once, whoever finds it finalized. */
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import { postChainFee } from '../../ledger/chain/post-treasury.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export const postNetworkFee = async (
  needs: PayoutNeeds,
  { signature, feeLamports }: ChainTransaction,
): Promise<void> => {
  await postChainFee(needs, { signature, lamports: feeLamports });
};

/**
 * Posts what a transaction of ours cost on the chain, failed ones too: its fee, and the rent of the token
 * accounts that it made, which stays in them and is not ours any more. Once, whoever finds it finalized.
 */
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import { postChainFee } from '../../ledger/chain/post-treasury.ts';
import type { SendingNeeds } from './sending-needs.ts';

export const postNetworkFee = async (
  needs: SendingNeeds,
  { signature, paidLamports }: ChainTransaction,
): Promise<void> => {
  await postChainFee(needs, { signature, lamports: paidLamports });
};

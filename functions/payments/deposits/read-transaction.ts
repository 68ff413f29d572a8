/**
 * A finalized transaction from whichever provider knows it and can tell it in a form that we understand. Only
 * when all of them were heard is it unreadable: one that is silent may be the one that could have told it.
 */
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { DepositNeeds } from './deposit-needs.ts';

export type TransactionAnswer =
  | { readonly outcome: 'read'; readonly transaction: ChainTransaction }
  | { readonly outcome: 'unreadable'; readonly reason: string };

/** Throws `solana.unavailable` when nobody knows it, or who might does not answer. */
export const readTransaction = async (
  needs: Pick<DepositNeeds, 'chain'>,
  signature: string,
): Promise<TransactionAnswer> => {
  let reason: string | undefined;
  let failure: AppError | undefined;
  for (const provider of await needs.chain()) {
    try {
      const answer = await provider.getTransaction(signature, 'finalized');
      if (answer.outcome === 'read') return answer;
      if (answer.outcome === 'unreadable') reason = answer.reason;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  if (reason !== undefined) return { outcome: 'unreadable', reason };
  throw new AppError('solana.unavailable', {
    details: { reason: 'no provider knows a transaction that one of them listed' },
  });
};

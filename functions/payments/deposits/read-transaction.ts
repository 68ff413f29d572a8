/**
 * A finalized transaction as two providers tell it: what one alone tells, it may have made up, and money would
 * be credited for it. Where a single provider is stored, its word is all there is. Only when all were heard is a
 * transaction unreadable: one that is silent may be the one that could have told it.
 */
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { withSecondTelling } from '../../../shared/payments/deposits/tellings.ts';
import type { DepositNeeds } from './deposit-needs.ts';

export type TransactionAnswer =
  | { readonly outcome: 'read'; readonly transaction: ChainTransaction }
  /** One provider tells it, and no other does yet. */
  | { readonly outcome: 'alone' }
  | { readonly outcome: 'unreadable'; readonly reason: string };

/** Throws `solana.unavailable` when nobody knows it, or who might does not answer. */
export const readTransaction = async (
  needs: Pick<DepositNeeds, 'chain'>,
  signature: string,
): Promise<TransactionAnswer> => {
  const told: ChainTransaction[] = [];
  let reason: string | undefined;
  let failure: AppError | undefined;
  const providers = await needs.chain();
  for (const provider of providers) {
    try {
      const answer = await provider.getTransaction(signature, 'finalized');
      if (answer.outcome === 'unreadable') reason = answer.reason;
      if (answer.outcome !== 'read') continue;
      const { transaction } = answer;
      const agreed = providers.length === 1 ? transaction : withSecondTelling(transaction, told);
      if (agreed !== undefined) return { outcome: 'read', transaction: agreed };
      told.push(transaction);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failure = error;
    }
  }
  if (told.length === 1) return { outcome: 'alone' };
  // One of them is wrong, or lies.
  if (told.length > 1) return { outcome: 'unreadable', reason: 'providers tell it differently' };
  if (failure !== undefined) throw failure;
  if (reason !== undefined) return { outcome: 'unreadable', reason };
  throw new AppError('solana.unavailable', {
    details: { reason: 'no provider knows a transaction that one of them listed' },
  });
};

/**
 * Whether two providers tell the same of a transaction: all that says what came, when, and whose it is. What
 * else they tell is not compared. Pure.
 */
import type { ChainTransaction } from '../../core/chain.ts';

/** Of the same transaction, with its time where either knows it; undefined: nobody told the same before. */
export const withSecondTelling = (
  one: ChainTransaction,
  before: readonly ChainTransaction[],
): ChainTransaction | undefined => {
  const other = before.find((each) => isToldAlike(one, each));
  return other && { ...one, blockTimeMs: one.blockTimeMs ?? other.blockTimeMs };
};

const isToldAlike = (one: ChainTransaction, other: ChainTransaction): boolean => {
  const knowsNoTime = one.blockTimeMs === undefined || other.blockTimeMs === undefined;
  return (
    digestOf(one) === digestOf(other) && (knowsNoTime || one.blockTimeMs === other.blockTimeMs)
  );
};

/** Nodes list token accounts and keys in orders of their own. */
const digestOf = ({ slot, failed, tokens, keys, memos }: ChainTransaction): string =>
  JSON.stringify([
    slot.toString(),
    failed,
    tokens
      .map(({ account, mint, owner, program, before, after }) =>
        [account, mint, owner, program, before, after].join(' '),
      )
      .toSorted(),
    keys.toSorted(),
    memos,
  ]);

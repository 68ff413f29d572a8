/**
 * A dispute's movements as facts of the ledger: each withdrawal is one of its own, and one that was given
 * back whole is won. Invariants: what is won was withdrawn before in the same amount, so never more is
 * credited than was taken; a movement that is told again belongs to the same fact. A part of a withdrawal
 * that comes back is no fact of the ledger's: it is left over. Pure.
 */
import type { CardDispute } from '../../core/provider-payment.ts';

export interface DisputeMove {
  /** The dispute's id for the first withdrawal; with the movement's behind it for each later one. */
  readonly id: string;
  /** Withdrawn, in US cents above 0. */
  readonly cents: bigint;
  readonly isWon: boolean;
}

export interface DisputeMoves {
  readonly moves: readonly DisputeMove[];
  /** What came back and is no withdrawal's whole amount, in US cents. */
  readonly leftOver: readonly bigint[];
}

/** The facts of a dispute, and what came back that none of them says. */
export const movesOf = ({ id, transactions }: CardDispute): DisputeMoves => {
  const returned = transactions.map(({ amountCents }) => amountCents).filter((cents) => cents > 0n);
  const moves = transactions
    .filter(({ amountCents }) => amountCents < 0n)
    .map(
      (withdrawal, index): DisputeMove => ({
        id: index === 0 ? id : `${id}:${withdrawal.id}`,
        cents: -withdrawal.amountCents,
        // The first one that was withdrawn is the first one that is given back.
        isWon: returned[index] === -withdrawal.amountCents,
      }),
    );
  const leftOver = returned.filter((_cents, index) => moves[index]?.isWon !== true);
  return { moves, leftOver };
};

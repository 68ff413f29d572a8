/**
 * Which payouts make the next batch: the oldest first, of one token, as many as a transaction takes. What a
 * transaction takes was measured: its size, its accounts and the calls of its programs into each other.
 * Pure.
 */
/** How a transaction is written: `v1` holds more, and not every cluster takes it. */
export type TransactionFormat = 'legacy' | 'v1';

/** What decides how much a transaction takes, beside what is paid. */
export interface TransactionForm {
  readonly format: TransactionFormat;
  /** Whether it stands on a durable nonce, which it moves itself: three accounts more, and a call. */
  readonly onNonce: boolean;
}

interface Room {
  readonly room: number;
  readonly plain: number;
  readonly making: number;
}

/**
 * A transaction's room with memo and reference in it, and what one payout takes of it: with its token account
 * made on the way, or not.
 */
const rooms: Readonly<
  Record<TransactionFormat, { readonly onBlockhash: Room; readonly onNonce: Room }>
> = {
  legacy: {
    // 17 plain ones or 8 that make an account: 1,232 bytes.
    onBlockhash: { room: 136, plain: 8, making: 17 },
    // 15 or 7.
    onNonce: { room: 105, plain: 7, making: 15 },
  },
  v1: {
    // 58 plain ones (64 accounts) or 10 that make an account (64 calls).
    onBlockhash: { room: 290, plain: 5, making: 29 },
    // 55 or 10.
    onNonce: { room: 110, plain: 2, making: 11 },
  },
};

/** What a payout is to a transaction's room. */
export interface Candidate {
  /** Whether the transaction has to make the wallet's token account. */
  readonly makesAccount: boolean;
}

/** The candidates that fit into one transaction together, in their order, none left out before another. */
export const fitBatch = <One extends Candidate>(
  candidates: readonly One[],
  { format, onNonce }: TransactionForm,
): readonly One[] => {
  const { room, plain, making } = rooms[format][onNonce ? 'onNonce' : 'onBlockhash'];
  const taken: One[] = [];
  let used = 0;
  for (const candidate of candidates) {
    used += candidate.makesAccount ? making : plain;
    if (used > room) break;
    taken.push(candidate);
  }
  return taken;
};

/**
 * Whose an arrival is: by a reference among the transaction's keys, else by a memo, else by the wallet that it
 * came from, else nobody's. A clue counts for the first kind that says anything; a kind that names two
 * organisations decides for neither. Pure.
 */
import type { Token } from '../../core/chain.ts';
import type { Attribution, SuspenseReason } from './arrival.ts';
import type { DepositRequest } from './deposit-request.ts';

type Named = Pick<DepositRequest, 'id' | 'organisation' | 'token' | 'stakeDeviceId'>;

/** What was found for the clues in a transaction. */
export interface Clues {
  /** In the order of the transaction's keys. */
  readonly byReference: readonly Named[];
  readonly byMemo: readonly Named[];
  /** The organisation of each sending wallet; undefined: the wallet is nobody's. */
  readonly bySender: readonly (string | undefined)[];
}

/** Less than this many base units is not worth a line in anybody's books. */
export const dustBelow: Readonly<Record<Token, bigint>> = { usdc: 10_000n, io: 1_000_000n };

const idInMemo = /dep_[0-9A-HJKMNP-TV-Z]{26}/g;
/** A transaction is at most 4 KiB: what names more requests than this names none. */
const memoIdsMax = 16;

/** The requests that memos name, each once. Wallets may write words around them. */
export const requestIdsIn = (memos: readonly string[]): readonly string[] =>
  [...new Set(memos.flatMap((memo) => memo.match(idInMemo) ?? []))].slice(0, memoIdsMax);

/** An attribution before its price. */
export type Attributed =
  | Omit<Extract<Attribution, { kind: 'credit' }>, 'price'>
  | Extract<Attribution, { kind: 'stake' }>
  | { readonly kind: 'suspense'; readonly reason: SuspenseReason };

const suspense = (reason: SuspenseReason): Attributed => ({ kind: 'suspense', reason });

const byRequests = (
  by: 'reference' | 'memo',
  requests: readonly Named[],
  token: Token,
): Attributed | undefined => {
  const [first] = requests;
  if (first === undefined) return undefined;
  const { organisation } = first;
  if (requests.some((each) => each.organisation !== organisation)) return suspense('contested');
  // Paid in the other token it is still the organisation's; the request waits for its own token.
  const paid = requests.find((each) => each.token === token);
  if (paid && paid.stakeDeviceId !== null) {
    const { id: requestId, stakeDeviceId: deviceId } = paid;
    return { kind: 'stake', organisation, by, requestId, deviceId };
  }
  return { kind: 'credit', organisation, by, requestId: paid?.id ?? null };
};

const bySenders = (organisations: readonly (string | undefined)[]): Attributed | undefined => {
  const [organisation] = organisations;
  if (organisation === undefined) return undefined;
  // Money that is partly somebody else's is not this organisation's.
  if (organisations.some((each) => each !== organisation)) return undefined;
  return { kind: 'credit', organisation, by: 'sender', requestId: null };
};

export const attribute = (token: Token, units: bigint, clues: Clues): Attributed => {
  if (units < dustBelow[token]) return suspense('dust');
  return (
    byRequests('reference', clues.byReference, token) ??
    byRequests('memo', clues.byMemo, token) ??
    bySenders(clues.bySender) ??
    suspense('unattributed')
  );
};

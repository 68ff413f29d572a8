/** A transaction in a block, with all that a node keeps of it, and how that is taken down. */
import type { Address } from '@solana/kit';
import type { AccountState, States } from './account-state.ts';
import type { Run } from './engine.ts';
import { memoPrograms, systemProgram } from './programs.ts';
import { readToken, type UiTokenAmount, uiTokenAmount } from './tokens.ts';
import { isWritable, type WireTransaction } from './wire.ts';

/** The keys that a transaction takes out of lookup tables. */
export interface Loaded {
  readonly writable: readonly Address[];
  readonly readonly: readonly Address[];
}

/** What one token account holds, by its place among the transaction's keys. */
export interface TokenBalance {
  readonly accountIndex: number;
  readonly mint: Address;
  readonly owner: Address;
  readonly programId: Address;
  readonly uiTokenAmount: UiTokenAmount;
}

/** The balances of a transaction's keys, in their order. */
export interface Balances {
  readonly lamports: readonly bigint[];
  readonly tokens: readonly TokenBalance[];
}

export interface Landed {
  readonly wire: WireTransaction;
  readonly slot: number;
  /** Its place in its block. */
  readonly index: number;
  /** Epoch seconds. */
  readonly blockTime: number;
  readonly run: Run;
  /** Lamports. */
  readonly fee: bigint;
  readonly loaded: Loaded;
  /** Its own keys, then the loaded ones: writable, then read-only. */
  readonly keys: readonly Address[];
  readonly before: Balances;
  readonly after: Balances;
  readonly memo: string | null;
}

/** Reads accounts as they stand at some moment. */
export type Read = (address: Address) => AccountState | undefined;

const tableHeaderBytes = 56;

/** The addresses that a transaction takes out of lookup tables; what is not there is left out. */
export const loadedAddresses = (
  { message }: WireTransaction,
  read: Read,
  decode: (bytes: Uint8Array) => Address,
): Loaded => {
  const pick = (table: Address, indexes: readonly number[]) => {
    const data = read(table)?.data ?? new Uint8Array();
    return indexes.flatMap((index) => {
      const at = tableHeaderBytes + 32 * index;
      return at + 32 <= data.length ? [decode(data.subarray(at, at + 32))] : [];
    });
  };
  return {
    writable: message.lookups.flatMap((each) => pick(each.table, each.writableIndexes)),
    readonly: message.lookups.flatMap((each) => pick(each.table, each.readonlyIndexes)),
  };
};

/** The keys that a transaction may write. */
export const writableKeys = ({ message }: WireTransaction, loaded: Loaded): readonly Address[] => [
  ...message.keys.filter((_, index) => isWritable(message, index)),
  ...loaded.writable,
];

/** What is known of accounts beside the states of those that a transaction may write. */
export interface Surroundings {
  readonly lamportsOf: (address: Address) => bigint;
  readonly decimalsOf: (mint: Address) => number;
}

/** What these keys hold, where `states` are those of all that may hold tokens. */
export const balancesOf = (
  keys: readonly Address[],
  states: States,
  { lamportsOf, decimalsOf }: Surroundings,
): Balances => {
  const tokens = keys.flatMap((key, accountIndex) => {
    const state = states.get(key);
    const token = readToken(state);
    if (state === undefined || token === undefined) return [];
    const { mint, owner, amount } = token;
    const held = uiTokenAmount(amount, decimalsOf(mint));
    return [{ accountIndex, mint, owner, programId: state.owner, uiTokenAmount: held }];
  });
  const lamports = keys.map((key) =>
    states.has(key) ? (states.get(key)?.lamports ?? 0n) : lamportsOf(key),
  );
  return { lamports, tokens };
};

/** The memos of a transaction as `getSignaturesForAddress` shows them: `[7] acct_42; [2] hi`. */
export const memoOf = ({ message }: WireTransaction): string | null => {
  const programs: readonly (Address | undefined)[] = memoPrograms;
  const memos = message.instructions
    .filter(({ programIdIndex }) => programs.includes(message.keys[programIdIndex]))
    .map(({ data }) => `[${data.length}] ${Buffer.from(data).toString('utf8')}`);
  return memos.length === 0 ? null : memos.join('; ');
};

const advanceNonce = 4;
/** Where a nonce account keeps its nonce. */
const nonceAt = 40;

/** The nonce account whose nonce stands in place of a blockhash, if this transaction has one. */
export const nonceAccountOf = ({ message }: WireTransaction): Address | undefined => {
  const [first] = message.instructions;
  if (first === undefined || message.keys[first.programIdIndex] !== systemProgram) return undefined;
  const isAdvance = first.data.length >= 4 && first.data[0] === advanceNonce;
  return isAdvance ? message.keys[first.accounts[0] ?? -1] : undefined;
};

/** The nonce that this account holds now, or undefined where it is no nonce account. */
export const nonceOf = (
  state: AccountState | undefined,
  decode: (bytes: Uint8Array) => string,
): string | undefined =>
  state?.owner === systemProgram && state.data.length >= nonceAt + 32
    ? decode(state.data.subarray(nonceAt, nonceAt + 32))
    : undefined;

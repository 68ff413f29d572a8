/** Keys of deposits in the payments table. */
import type { Key } from '../../core/database.ts';
import { shardOf } from '../../core/hash.ts';

export const depositRequestKey = (requestId: string): Key => ({
  pk: `DEP#${requestId}`,
  sk: 'DEPOSIT',
});

/** Where index `by_owner` lists an organisation's deposit requests. */
export const depositOwnerPrefix = 'deposit#';
export const depositOwnerKey = (requestId: string): string => `${depositOwnerPrefix}${requestId}`;

/** Which request a key in a transaction refers to. */
export const referenceKey = (reference: string): Key => ({
  pk: `REFERENCE#${reference}`,
  sk: 'REFERENCE',
});

export const arrivalKey = (signature: string, account: string): Key => ({
  pk: `ARRIVAL#${signature}`,
  sk: account,
});

/** Lists of arrivals in index `by_owner`: what is to be worked off, what nobody can read, suspense. */
export const openArrivals = 'deposits:open';
export const unreadableArrivals = 'deposits:unreadable';
export const suspendedArrivals = 'deposits:suspense';
/** Those of an account that are done. */
export const doneArrivals = (account: string): string => `deposits:${account}`;

/** Slots are below 10^20 for ever. */
const slotDigits = 20;
export const slotText = (slot: bigint): string => slot.toString().padStart(slotDigits, '0');
export const arrivalOwnerKey = (slot: bigint, signature: string, account: string): string =>
  `${slotText(slot)}#${signature}#${account}`;

/** How far a provider's history of an account was read. */
export const cursorKey = (account: string, provider: string): Key => ({
  pk: `CURSOR#${account}`,
  sk: provider,
});
export const cursorPartition = (account: string): string => `CURSOR#${account}`;

const sumShards = 32;
const sumShardKey = (account: string, shard: number): Key => ({
  pk: `ARRIVED#${account}#${shard}`,
  sk: 'SUM',
});
/** Part of what all transactions that were read changed in an account. */
export const sumKey = (account: string, signature: string): Key =>
  sumShardKey(account, shardOf(signature, sumShards));
export const sumKeys = (account: string): readonly Key[] =>
  Array.from({ length: sumShards }, (_, shard) => sumShardKey(account, shard));

/** Who reads the histories now. */
export const pollLockKey: Key = { pk: 'DEPOSIT_POLL', sk: 'LOCK' };
/** When a hint was last passed on. */
export const hintKey: Key = { pk: 'DEPOSIT_HINT', sk: 'HINT' };

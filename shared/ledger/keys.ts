/**
 * Keys of the ledger's table: `T#` transfers, `A#` balances, `P#` holds, `PI#` what may be refunded of a
 * card payment, `SIG#` our own transactions on chain, `E#` statement lines and the sums of closed months,
 * `IO#` the IO behind all payments of a month, `STAKED#` what all stakes add up to.
 * Index `by_maturity`: earnings that mature by schedule, by shard and day, and those that wait for the
 * operator's review; rewards that are held for a while, by shard and time, and those that are kept.
 */
import type { Key } from '../core/database.ts';
import { shardOf } from '../core/hash.ts';
import type { AccountName } from './account.ts';

/** Partitions of the index of maturing earnings. */
export const maturityShards = 16;

export const transferKey = (transferId: string): Key => ({ pk: `T#${transferId}`, sk: 'T' });

export const balanceKey = (account: AccountName, shard: number): Key => ({
  pk: `A#${account}#${shard}`,
  sk: 'A',
});

/** A part of what all stakes add up to. */
export const stakedKey = (shard: number): Key => ({ pk: `STAKED#${shard}`, sk: 'SUM' });

export const holdKey = (holdId: string): Key => ({ pk: `P#${holdId}`, sk: 'P' });

/** A transaction on chain that we made ourselves. */
export const ownTransactionKey = (signature: string): Key => ({
  pk: `SIG#${signature}`,
  sk: 'SIG',
});

/** What the ledger knows of one card payment; `paymentId` is the provider's own. */
export const paymentKey = (paymentId: string): Key => ({ pk: `PI#${paymentId}`, sk: 'PI' });

/** Everything that an organisation's statements are made of. */
export const statementPartition = (organisation: string): string => `E#${organisation}`;

export const linePrefix = 'LINE#';
/** `timeIso` as in `isoOf`, whole or cut short: text order is time order. */
export const lineSortKey = (timeIso: string, transferId = ''): string =>
  `${linePrefix}${timeIso}${transferId === '' ? '' : `#${transferId}`}`;

export const monthSumKey = (organisation: string, month: string): Key => ({
  pk: statementPartition(organisation),
  sk: `SUM#${month}`,
});

/** What says that a payment is counted in its month, and what the month adds up to. */
export const demandLineKey = (month: string, transferId: string): Key => ({
  pk: `IO#${month}`,
  sk: `LINE#${transferId}`,
});
export const demandSumKey = (month: string): Key => ({ pk: `IO#${month}`, sk: 'SUM' });

/** Where the index lists an organisation's earnings of one day. */
export const maturityKeys = (organisation: string, day: number) => ({
  maturity_pk: maturityPartition(shardOf(organisation, maturityShards)),
  maturity_sk: `${maturityDay(day)}#${organisation}`,
});

export const maturityPartition = (shard: number): string => `MATURE#${shard}`;
/** Where the index lists earnings that wait for the operator; they are few. */
export const reviewPartition = 'REVIEW';
export const reviewKeys = (organisation: string) => ({
  maturity_pk: reviewPartition,
  maturity_sk: organisation,
});

/** Where the index lists who owes, or once did; they are few. */
export const debtPartition = 'DEBT';
export const debtKeys = (organisation: string) => ({
  maturity_pk: debtPartition,
  maturity_sk: organisation,
});

/** Partitions of the index of held rewards. */
export const heldRewardShards = 16;
/** Where the index lists a held reward; `timeIso` as in `isoOf`: when it is to be released. */
export const heldRewardKeys = (organisation: string, timeIso: string, holdId: string) => ({
  maturity_pk: heldRewardPartition(shardOf(organisation, heldRewardShards)),
  maturity_sk: `${timeIso}#${holdId}`,
});
export const heldRewardPartition = (shard: number): string => `HELD#${shard}`;

/** Where the index lists rewards that are kept until an operator decides, by organisation. */
export const keptRewardPartition = 'KEPT';
export const keptRewardPrefix = (organisation: string): string => `${organisation}#`;
export const keptRewardKeys = (organisation: string, holdId: string) => ({
  maturity_pk: keptRewardPartition,
  maturity_sk: `${keptRewardPrefix(organisation)}${holdId}`,
});

/** A day number as text that sorts by day. */
export const maturityDay = (day: number): string => String(day).padStart(8, '0');

/**
 * The ledger's accounts: their names, which of them decide (authorising: one item, never below its
 * bound) and which only record (16 shards, never conditioned). Outside accounts (`ext:*`) record what
 * the outside world holds for us, so their balance is its negative. An account holds one asset.
 */
import { assert } from '../core/assert.ts';
import { shardOf } from '../core/hash.ts';
import type { Asset } from '../core/money.ts';

/** Shards of every recording account. */
export const recordingShards = 16;

/** The day on which earnings mature (days since the epoch), or `review`: only an operator's decision. */
export type EarningDay = number | 'review';

export type CustomerAccount = `cust:${string}`;
export type DebtAccount = `debt:${string}`;
export type EarningAccount = `earn:${string}:${EarningDay}`;
export type SupplierAccount = `sup:${string}`;
/** Rewards that an organisation can have paid out, or stake; base units of IO. */
export type SupplierIoAccount = `sup_io:${string}`;
/** The IO that conversions left with us: never below zero, so nobody is paid in IO that is not there. */
export type PositionAccount = 'fx:io';
/** Accounts that a hold may reserve units of. */
export type HeldAccount = CustomerAccount | SupplierAccount | SupplierIoAccount | PositionAccount;

/**
 * Grants and what our own silence cost; what card payments and the chain bring and cost; the dollar side of
 * conversions; what arrived and belongs to nobody yet; what others hold for us.
 */
const assetOfRecording = {
  'exp:grant': 'usd',
  'exp:sla': 'usd',
  'exp:stripe': 'usd',
  'exp:chain': 'sol',
  'rev:provider_fee': 'usd',
  'rev:facilitation': 'usd',
  'rev:payout_fee': 'usd',
  'fx:usd': 'usd',
  'suspense:usdc': 'usd',
  'suspense:io': 'io',
  'ext:stripe': 'usd',
  'ext:bank': 'usd',
  'ext:usdc': 'usd',
  'ext:io': 'io',
  'ext:sol': 'sol',
} as const satisfies Readonly<Record<string, Asset>>;

export type RecordingAccount = keyof typeof assetOfRecording;

/** The name of a ledger account. */
export type AccountName =
  | CustomerAccount
  | DebtAccount
  | EarningAccount
  | SupplierAccount
  | SupplierIoAccount
  | PositionAccount
  | RecordingAccount;

/** What an account is for; decides its rule. */
export type AccountKind =
  | 'credit'
  | 'debt'
  | 'earning'
  | 'matured'
  | 'rewarded'
  | 'position'
  | 'recording';

/** An organisation's credit: what it may hold and spend. */
export const customerAccount = (organisation: string): CustomerAccount => `cust:${organisation}`;
/** What an organisation owes; never above zero. */
export const debtAccount = (organisation: string): DebtAccount => `debt:${organisation}`;
/** Earnings that mature on one day, or after review. */
export const earningAccount = (organisation: string, day: EarningDay): EarningAccount =>
  `earn:${organisation}:${day}`;
/** Matured earnings. */
export const supplierAccount = (organisation: string): SupplierAccount => `sup:${organisation}`;
/** Rewards, in IO. */
export const supplierIoAccount = (organisation: string): SupplierIoAccount =>
  `sup_io:${organisation}`;

const kindOfPrefix: Readonly<Record<string, AccountKind>> = {
  cust: 'credit',
  debt: 'debt',
  earn: 'earning',
  sup: 'matured',
  sup_io: 'rewarded',
};

/** What an account's name says about it; `organisation` and `day` only where the kind has them. */
export interface AccountParts {
  readonly kind: AccountKind;
  readonly organisation?: string;
  readonly day?: EarningDay;
}

/** Reads an account's name; a name of no known form is a BugError. */
export const readAccount = (account: AccountName): AccountParts => {
  if (account === 'fx:io') return { kind: 'position' };
  if (Object.hasOwn(assetOfRecording, account)) return { kind: 'recording' };
  const [prefix = '', owner = '', day, ...rest] = account.split(':');
  const kind = kindOfPrefix[prefix];
  assert(kind !== undefined && owner !== '' && rest.length === 0, `no ledger account: ${account}`);
  assert((kind === 'earning') === (day !== undefined), `no ledger account: ${account}`);
  if (day === undefined) return { kind, organisation: owner };
  const number = Number(day);
  assert(day === 'review' || Number.isSafeInteger(number), `no day of earnings: ${account}`);
  return { kind, organisation: owner, day: day === 'review' ? 'review' : number };
};

/** The asset that the account holds. */
export const assetOf = (account: AccountName): Asset => {
  if (account === 'fx:io' || account.startsWith('sup_io:')) return 'io';
  return Object.hasOwn(assetOfRecording, account)
    ? assetOfRecording[account as RecordingAccount]
    : 'usd';
};

/** Whether writes to the account are conditioned by its balance. */
export const isAuthorising = (account: AccountName): boolean =>
  readAccount(account).kind !== 'recording';

/**
 * The shard that a transfer's leg on this account is booked to: 0 for authorising accounts, else fixed
 * by account and transfer, so that a retry and a replay find it.
 */
export const shardFor = (account: AccountName, transferId: string): number =>
  isAuthorising(account) ? 0 : shardOf(`${account} ${transferId}`, recordingShards);

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
/** The IO that conversions left with us: never below zero, so nobody is paid in IO that is not there. */
export type PositionAccount = 'fx:io';
/** An organisation's IO: its rewards, and the stakes that came back. */
export type SupplierIoAccount = `sup_io:${string}`;
/** What an organisation has staked for one device; what waits to come back is held on it. */
export type StakeAccount = `stake:${string}:${string}`;
/** IO that was given for rewards and is not yet released: never below zero. */
export type FundAccount = 'reward:fund';
/** Accounts that a hold may reserve units of. */
export type HeldAccount =
  | CustomerAccount
  | SupplierAccount
  | PositionAccount
  | SupplierIoAccount
  | StakeAccount;

/**
 * Grants and what our own silence cost; what card payments and the chain bring and cost; the dollar side of
 * conversions; what arrived and belongs to nobody yet; what hours released, and nobody earned; what others
 * hold for us, and what our mint has still to make (`ext:issuance`).
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
  'reward:pool': 'io',
  'reward:unallocated': 'io',
  'ext:stripe': 'usd',
  'ext:bank': 'usd',
  'ext:usdc': 'usd',
  'ext:io': 'io',
  'ext:issuance': 'io',
  'ext:sol': 'sol',
} as const satisfies Readonly<Record<string, Asset>>;

export type RecordingAccount = keyof typeof assetOfRecording;

/** The name of a ledger account. */
export type AccountName =
  | CustomerAccount
  | DebtAccount
  | EarningAccount
  | SupplierAccount
  | PositionAccount
  | SupplierIoAccount
  | StakeAccount
  | FundAccount
  | RecordingAccount;

/** What an account is for; decides its rule. */
export type AccountKind =
  | 'credit'
  | 'debt'
  | 'earning'
  | 'matured'
  | 'rewarded'
  | 'staked'
  | 'position'
  | 'fund'
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
/** Rewards, and stakes that came back. */
export const supplierIoAccount = (organisation: string): SupplierIoAccount =>
  `sup_io:${organisation}`;
/** What is staked for one device. */
export const stakeAccount = (organisation: string, deviceId: string): StakeAccount =>
  `stake:${organisation}:${deviceId}`;

const kindOfPrefix: Readonly<Record<string, AccountKind>> = {
  cust: 'credit',
  debt: 'debt',
  earn: 'earning',
  sup: 'matured',
  sup_io: 'rewarded',
  stake: 'staked',
};

const kindOfPlatform: Readonly<Record<PositionAccount | FundAccount, AccountKind>> = {
  'fx:io': 'position',
  'reward:fund': 'fund',
};

/** What an account's name says about it; everything but the kind only where the kind has it. */
export interface AccountParts {
  readonly kind: AccountKind;
  readonly organisation?: string;
  readonly day?: EarningDay;
}

/** Reads an account's name; a name of no known form is a BugError. */
export const readAccount = (account: AccountName): AccountParts => {
  if (isOfPlatform(account)) return { kind: kindOfPlatform[account] };
  if (Object.hasOwn(assetOfRecording, account)) return { kind: 'recording' };
  const [prefix = '', organisation = '', part, ...rest] = account.split(':');
  const kind = kindOfPrefix[prefix];
  assert(
    kind !== undefined && organisation !== '' && rest.length === 0,
    `no ledger account: ${account}`,
  );
  const hasPart = kind === 'earning' || kind === 'staked';
  assert(hasPart === (part !== undefined), `no ledger account: ${account}`);
  if (part === undefined) return { kind, organisation };
  assert(part !== '', `no ledger account: ${account}`);
  if (kind === 'staked') return { kind, organisation };
  const number = Number(part);
  assert(part === 'review' || Number.isSafeInteger(number), `no day of earnings: ${account}`);
  return { kind, organisation, day: part === 'review' ? 'review' : number };
};

const isOfPlatform = (account: AccountName): account is PositionAccount | FundAccount =>
  Object.hasOwn(kindOfPlatform, account);

/** The asset that the account holds. */
export const assetOf = (account: AccountName): Asset =>
  Object.hasOwn(assetOfRecording, account)
    ? assetOfRecording[account as RecordingAccount]
    : assetOfKind(readAccount(account).kind);

/** The asset of an authorising account. */
export const assetOfKind = (kind: AccountKind): Asset =>
  kind === 'position' || kind === 'fund' || kind === 'rewarded' || kind === 'staked' ? 'io' : 'usd';

/** Whether writes to the account are conditioned by its balance. */
export const isAuthorising = (account: AccountName): boolean =>
  readAccount(account).kind !== 'recording';

/**
 * The shard that a transfer's leg on this account is booked to: 0 for authorising accounts, else fixed
 * by account and transfer, so that a retry and a replay find it.
 */
export const shardFor = (account: AccountName, transferId: string): number =>
  isAuthorising(account) ? 0 : shardOf(`${account} ${transferId}`, recordingShards);

/**
 * The ledger's accounts: their names, which of them decide (authorising: one item, never below its
 * bound) and which only record (16 shards, never conditioned). Outside accounts (`ext:*`) record what
 * the outside world holds for us, so their balance is its negative. All of them hold US dollars.
 */
import { assert } from '../core/assert.ts';
import { shardOf } from '../core/hash.ts';

/** Shards of every recording account. */
export const recordingShards = 16;

/** The day on which earnings mature (days since the epoch), or `review`: only an operator's decision. */
export type EarningDay = number | 'review';

export type CustomerAccount = `cust:${string}`;
export type DebtAccount = `debt:${string}`;
export type EarningAccount = `earn:${string}:${EarningDay}`;
export type SupplierAccount = `sup:${string}`;
/** Grants and what our own silence cost; what card payments bring and cost; what others hold for us. */
export type RecordingAccount =
  | 'exp:grant'
  | 'exp:sla'
  | 'exp:stripe'
  | 'rev:provider_fee'
  | 'ext:stripe'
  | 'ext:bank';

/** The name of a ledger account. */
export type AccountName =
  | CustomerAccount
  | DebtAccount
  | EarningAccount
  | SupplierAccount
  | RecordingAccount;

/** What an account is for; decides its rule. */
export type AccountKind = 'credit' | 'debt' | 'earning' | 'matured' | 'recording';

/** An organisation's credit: what it may hold and spend. */
export const customerAccount = (organisation: string): CustomerAccount => `cust:${organisation}`;
/** What an organisation owes; never above zero. */
export const debtAccount = (organisation: string): DebtAccount => `debt:${organisation}`;
/** Earnings that mature on one day, or after review. */
export const earningAccount = (organisation: string, day: EarningDay): EarningAccount =>
  `earn:${organisation}:${day}`;
/** Matured earnings. */
export const supplierAccount = (organisation: string): SupplierAccount => `sup:${organisation}`;

const kindOfPrefix: Readonly<Record<string, AccountKind>> = {
  cust: 'credit',
  debt: 'debt',
  earn: 'earning',
  sup: 'matured',
  exp: 'recording',
  rev: 'recording',
  ext: 'recording',
};

/** What an account's name says about it; `organisation` and `day` only where the kind has them. */
export interface AccountParts {
  readonly kind: AccountKind;
  readonly organisation?: string;
  readonly day?: EarningDay;
}

/** Reads an account's name; a name of no known form is a BugError. */
export const readAccount = (account: AccountName): AccountParts => {
  const [prefix = '', owner = '', day, ...rest] = account.split(':');
  const kind = kindOfPrefix[prefix];
  assert(kind !== undefined && owner !== '' && rest.length === 0, `no ledger account: ${account}`);
  assert((kind === 'earning') === (day !== undefined), `no ledger account: ${account}`);
  if (kind === 'recording') return { kind };
  if (day === undefined) return { kind, organisation: owner };
  const number = Number(day);
  assert(day === 'review' || Number.isSafeInteger(number), `no day of earnings: ${account}`);
  return { kind, organisation: owner, day: day === 'review' ? 'review' : number };
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

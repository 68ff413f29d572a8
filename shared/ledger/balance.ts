/**
 * A balance as it was read, and the conditions that hold a write to what was read. Invariants: of an
 * authorising account available = posted - held, held is never negative, and available is never
 * negative except on debt, which is never positive. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Condition } from '../core/database.ts';
import { type AccountName, readAccount } from './account.ts';

/** All amounts in micro-dollars. An account that nobody wrote to yet reads as zero, version 0. */
export interface Balance {
  readonly account: AccountName;
  readonly posted: bigint;
  /** Sum of what is left of the account's open holds. */
  readonly held: bigint;
  /** posted - held, stored because conditions cannot do arithmetic. */
  readonly available: bigint;
  /** Counts the writes; 0 when there was none. */
  readonly version: bigint;
  /** When the last grant to this customer was posted. */
  readonly grantedAtMs: number | undefined;
  /** When the last card payment that this customer's bank may take back was posted. */
  readonly cardAtMs: number | undefined;
  /** When the last card payment whose fraud the card's issuer bears was posted. */
  readonly cardShiftAtMs: number | undefined;
  /** Of an organisation's rewards: all that it has staked, what waits to come back included; else 0. */
  readonly staked: bigint;
}

/** An account that nobody wrote to yet. */
export const emptyBalance = (account: AccountName): Balance => ({
  account,
  posted: 0n,
  held: 0n,
  available: 0n,
  version: 0n,
  grantedAtMs: undefined,
  cardAtMs: undefined,
  cardShiftAtMs: undefined,
  staked: 0n,
});

/** Holds a balance to the invariants; a BugError names the account. */
export const assertBalance = (balance: Balance): void => {
  const { account, posted, held, available } = balance;
  const { kind } = readAccount(account);
  if (kind === 'recording') return;
  assert(available === posted - held, `available is not posted - held on ${account}`);
  assert(held >= 0n, `held is negative on ${account}`);
  assert(kind === 'debt' ? posted <= 0n : available >= 0n, `${account} is beyond its bound`);
};

/** The balance is still what it was when it was read: same amount, or still never written. */
export const postedAsRead = (balance: Balance): Condition =>
  balance.version === 0n ? { exists: false } : { equals: { posted: balance.posted } };

/** What is available is still what it was when it was read. */
export const availableAsRead = (balance: Balance): Condition =>
  balance.version === 0n ? { exists: false } : { equals: { available: balance.available } };

/** The customer's payments that decide the class of a hold are still those that were read. */
export const paymentsAsRead = (customer: Balance): Condition => {
  const equals: Record<string, number> = {};
  const missing: string[] = [];
  const stamps = {
    granted_at_ms: customer.grantedAtMs,
    card_at_ms: customer.cardAtMs,
    card_shift_at_ms: customer.cardShiftAtMs,
  };
  for (const [name, atMs] of Object.entries(stamps)) {
    if (atMs === undefined) missing.push(name);
    else equals[name] = atMs;
  }
  return { equals, missing };
};

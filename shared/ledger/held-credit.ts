/**
 * What every hold is: units of one account that are reserved for one purpose. Invariant: amount = posted
 * + released + left, and a hold that is not open has nothing left. What it is reserved for (a cluster, a
 * refund, a payout), and what may move it, is the business of the hold's own kind. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Condition, Put, Update } from '../core/database.ts';
import type { CustomerAccount, HeldAccount } from './account.ts';
import { holdKey } from './keys.ts';

/** Amounts in base units of the account's asset. */
export interface HeldUnits {
  readonly id: string;
  readonly account: HeldAccount;
  readonly amount: bigint;
  readonly left: bigint;
  readonly posted: bigint;
  readonly released: bigint;
  readonly state: 'open' | 'closed' | 'void';
  /** Counts the writes, from 1. */
  readonly version: number;
  readonly openedAtMs: number;
}

/** Credit of one customer that is reserved. */
export interface HeldCredit extends HeldUnits {
  readonly account: CustomerAccount;
  readonly organisation: string;
}

/** Holds a hold to its invariant; a BugError says which. */
export const assertHold = (hold: HeldUnits): void => {
  const { id, amount, posted, released, left, state } = hold;
  assert(posted >= 0n && released >= 0n && left >= 0n, `a negative amount on ${id}`);
  assert(amount === posted + released + left, `amounts of ${id} do not add up`);
  assert(state === 'open' || left === 0n, `${id} is ${state} with credit left on it`);
};

/** The hold is open and as it was read: nobody may have moved it in between. */
export const openAsRead = (hold: HeldUnits): Condition => ({
  equals: { v: hold.version, state: 'open' },
});

/** What a hold's own kind keeps beside the amounts. */
type Beside = Put['attributes'];

/** Puts the hold unless its id exists. */
export const openHeld = (hold: HeldUnits, beside: Beside = {}): Put => {
  assertHold(hold);
  return {
    kind: 'put',
    table: 'ledger',
    key: holdKey(hold.id),
    attributes: {
      account: hold.account,
      opened_at_ms: hold.openedAtMs,
      ...beside,
      ...changing(hold),
      v: hold.version,
    },
    condition: { exists: false },
  };
};

/** Moves an open hold from what was read to what it becomes; nobody may have moved it in between. */
export const moveHeld = (asRead: HeldUnits, next: HeldUnits, beside: Beside = {}): Update => {
  assertHold(next);
  return {
    kind: 'update',
    table: 'ledger',
    key: holdKey(asRead.id),
    set: { ...changing(next), ...beside, v: asRead.version + 1 },
    condition: openAsRead(asRead),
  };
};

const changing = ({ amount, left, posted, released, state }: HeldUnits) => ({
  amount,
  left,
  posted,
  released,
  state,
});

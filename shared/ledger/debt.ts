/**
 * Debt rules. Invariant: whatever raises a customer's available credit pays the debt first, in the same
 * transaction and under the condition that the debt is as read; so while something is owed, nothing is
 * available. Pure.
 */
import { assert } from '../core/assert.ts';
import { customerAccount, debtAccount } from './account.ts';
import { type Balance, postedAsRead } from './balance.ts';
import type { Touch } from './posting.ts';
import { causeOf, type Leg, type Transfer } from './transfer.ts';

/** What the debt account says is owed, in micro-dollars, 0 or more. */
export const owedUnits = (debt: Balance): bigint => {
  assert(debt.posted <= 0n, `${debt.account} is above zero`);
  return -debt.posted;
};

/** How much of a credit pays the debt, and how much is left for the customer. */
export const splitCredit = (
  units: bigint,
  debt: Balance,
): { readonly paid: bigint; readonly rest: bigint } => {
  assert(units >= 0n, 'a credit below zero');
  const owed = owedUnits(debt);
  const paid = owed < units ? owed : units;
  return { paid, rest: units - paid };
};

/** The legs of a credit: what is owed goes to the debt, the rest to the customer. Maybe one of zero. */
export const creditLegs = (organisation: string, units: bigint, debt: Balance): readonly Leg[] => {
  assert(debt.account === debtAccount(organisation), 'the debt of somebody else');
  const { paid, rest } = splitCredit(units, debt);
  return [
    { account: customerAccount(organisation), units: rest },
    { account: debtAccount(organisation), units: paid },
  ];
};

/** The legs of a charge that nobody may refuse: what is available goes, what is missing is owed. */
export const chargeLegs = (
  organisation: string,
  units: bigint,
  customer: Balance,
): readonly Leg[] => {
  assert(customer.account === customerAccount(organisation), 'the balance of somebody else');
  assert(units >= 0n, 'a charge below zero');
  const taken = customer.available < units ? customer.available : units;
  return [
    { account: customerAccount(organisation), units: -taken },
    { account: debtAccount(organisation), units: taken - units },
  ];
};

/** Holds a transaction to the debt as it was read. */
export const debtAsRead = (debt: Balance): Touch => ({
  account: debt.account,
  condition: postedAsRead(debt),
});

/** What a release of held credit owes to the debt: nothing, or the transfer `debt:{org}:{hold}`. */
export const planDebtPayment = (release: {
  readonly organisation: string;
  readonly holdId: string;
  readonly releasedUnits: bigint;
  readonly debt: Balance;
  readonly nowMs: number;
}): { readonly transfers: readonly Transfer[]; readonly touches: readonly Touch[] } => {
  const { organisation, holdId, releasedUnits, debt, nowMs } = release;
  if (releasedUnits === 0n) return { transfers: [], touches: [] };
  const { paid } = splitCredit(releasedUnits, debt);
  const touches = [debtAsRead(debt)];
  if (paid === 0n) return { transfers: [], touches };
  const transfer: Transfer = {
    id: `debt:${organisation}:${holdId}`,
    cause: causeOf({ organisation, hold: holdId }),
    asset: 'usd',
    code: 'debt_payment',
    legs: [
      { account: customerAccount(organisation), units: -paid },
      { account: debtAccount(organisation), units: paid },
    ],
    atMs: nowMs,
  };
  return { transfers: [transfer], touches };
};

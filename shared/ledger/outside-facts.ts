/**
 * Compares an outside account with what the outside world itself lists (I9): every fact is posted once,
 * by the transfer that it names, and every transfer stands for a fact. Where all lists are empty, what the
 * outside world holds for us is the account's negative. Pure.
 */
import type { AccountName } from './account.ts';
import { type Transfer, unitsOn } from './transfer.ts';

/** A fact of the outside world that belongs on an outside account. */
export interface OutsideFact {
  /** The transfer that posts it, or will. */
  readonly transferId: string;
  /** What it adds to the outside account, in micro-dollars: below 0 when money came in. */
  readonly units: bigint;
}

export interface OutsideComparison {
  /** Facts that no transfer posts yet. */
  readonly missing: readonly OutsideFact[];
  /** Transfers that no fact stands behind. */
  readonly unknown: readonly string[];
  /** Transfers of another amount than their fact. */
  readonly different: readonly (OutsideFact & { readonly posted: bigint })[];
}

/**
 * I9: compares the transfers on an outside account with the facts that the outside world lists for the
 * same time. Sound when all three lists are empty, `missing` also while it is younger than the next run.
 */
export const compareOutside = (
  account: AccountName,
  facts: readonly OutsideFact[],
  transfers: readonly Transfer[],
): OutsideComparison => {
  const posted = new Map<string, bigint>();
  for (const transfer of transfers) {
    const units = unitsOn(transfer, account);
    if (units !== 0n) posted.set(transfer.id, units);
  }
  const missing: OutsideFact[] = [];
  const different: (OutsideFact & { readonly posted: bigint })[] = [];
  for (const fact of facts) {
    const units = posted.get(fact.transferId);
    posted.delete(fact.transferId);
    if (units === undefined) missing.push(fact);
    else if (units !== fact.units) different.push({ ...fact, posted: units });
  }
  return { missing, unknown: [...posted.keys()], different };
};

/**
 * The daily mint: what the hours of one day of rewards released is made on chain, and comes to our custody.
 * Invariants: a day is minted once, by one transaction of our own that was written down before it was sent,
 * and never more than the schedule emits in its hours. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Check, Write } from '../../core/database.ts';
import { emissionOf } from '../../token/emission.ts';
import { ownTransactionKey } from '../keys.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Transfer } from '../transfer.ts';

const hoursOfDay = 24;

/** A mint that the chain has finalized. */
export interface MintFact {
  /** Day d, from 0, is the hours 24d to 24d + 23 since genesis. */
  readonly day: number;
  /** Base units of IO above 0. */
  readonly units: bigint;
  readonly signature: string;
}

/** The id of a day's mint. */
export const mintId = (day: number): string => `mint:${day}`;

/** What the schedule emits in a day of rewards, whoever earned it; base units of IO. */
export const emissionOfDay = (day: number): bigint =>
  Array.from({ length: hoursOfDay }, (_, index) => emissionOf(day * hoursOfDay + index)).reduce(
    (sum, hour) => sum + (hour?.units ?? 0n),
    0n,
  );

/**
 * Posts a finalized mint. Told again, the writes are refused by the transfer that is there. Condition: the
 * transaction was written down as this day's mint (purpose `mint`, the day its subject).
 */
export const planMint = (
  { day, units, signature }: MintFact,
  nowMs: number,
): { readonly transfer: Transfer; readonly writes: Write[] } => {
  assert(Number.isSafeInteger(day) && day >= 0, `${day} is no day of rewards`);
  assert(units > 0n, `${mintId(day)} makes nothing`);
  assert(units <= emissionOfDay(day), `${mintId(day)} is more than its hours emit`);
  const transfer: Transfer = {
    id: mintId(day),
    cause: causeOf({ units, signature }),
    asset: 'io',
    code: 'mint',
    legs: [
      { account: 'ext:io', units: -units },
      { account: 'ext:issuance', units },
    ],
    external: signature,
    atMs: nowMs,
  };
  const own: Check = {
    kind: 'check',
    table: 'ledger',
    key: ownTransactionKey(signature),
    condition: { equals: { purpose: 'mint', subject_id: String(day) } },
  };
  return { transfer, writes: writesOf({ transfers: [transfer], others: [own] }) };
};

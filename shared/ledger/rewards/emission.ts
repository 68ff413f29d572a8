/**
 * What an hour releases for rewards, and what of it nobody earned. Invariants: an hour releases once, and
 * from one source: the schedule of our own mint, which owes it until the day's mint, or a fund that was paid
 * in before and never releases what is not there; what nobody earned leaves the pool in the same transaction. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Write } from '../../core/database.ts';
import { startOfHourId } from '../../core/time.ts';
import type { Balance } from '../balance.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Transfer } from '../transfer.ts';

/** What an hour releases, as it was decided by its split. */
export interface EmissionFact {
  /** The hour, `2026-11-23T07`. */
  readonly epochId: string;
  /** Base units of IO above 0. */
  readonly units: bigint;
  readonly source: 'issuance' | 'fund';
  /** The part of `units` that no entry of the hour earned. */
  readonly unallocatedUnits: bigint;
}

export type EmissionDecision =
  | {
      readonly outcome: 'released';
      readonly transfer: Transfer;
      /** That of what nobody earned. */
      readonly others: readonly Transfer[];
      readonly writes: Write[];
    }
  /** The fund holds less; base units. */
  | { readonly outcome: 'fund_short'; readonly available: bigint };

/** The id of an hour's release. */
export const emissionId = (epochId: string): string => `em:${epochId}`;
/** The id of what nobody earned in an hour. */
export const unallocatedId = (epochId: string): string => `rw:${epochId}:`;

/** The inputs that the release's id names. */
export const emissionCause = ({ source, units, unallocatedUnits }: EmissionFact): string =>
  causeOf({ source, units, unallocated: unallocatedUnits });

const sourceAccount = { issuance: 'ext:issuance', fund: 'reward:fund' } as const;

/** Proposes the release. `fund` is `reward:fund` as read. Condition: a fund holds what it releases. */
export const planEmission = (
  fact: EmissionFact,
  { fund, nowMs }: { readonly fund: Balance; readonly nowMs: number },
): EmissionDecision => {
  const { epochId, units, source, unallocatedUnits } = fact;
  assert(startOfHourId(epochId) !== undefined, `${epochId} names no hour`);
  assert(units > 0n, `${epochId} releases nothing`);
  assert(unallocatedUnits >= 0n && unallocatedUnits <= units, `${epochId} gives back too much`);
  assert(fund.account === 'reward:fund', 'the fund is another account');
  if (source === 'fund' && fund.available < units) {
    return { outcome: 'fund_short', available: fund.available };
  }
  const base = { asset: 'io' as const, atMs: nowMs };
  const transfer: Transfer = {
    ...base,
    id: emissionId(epochId),
    cause: emissionCause(fact),
    code: 'emission',
    legs: [
      { account: sourceAccount[source], units: -units },
      { account: 'reward:pool', units },
    ],
  };
  const unallocated: Transfer = {
    ...base,
    id: unallocatedId(epochId),
    cause: causeOf({ units: unallocatedUnits }),
    code: 'unallocated_reward',
    legs: [
      { account: 'reward:pool', units: -unallocatedUnits },
      { account: 'reward:unallocated', units: unallocatedUnits },
    ],
  };
  const others = unallocatedUnits > 0n ? [unallocated] : [];
  return {
    outcome: 'released',
    transfer,
    others,
    writes: writesOf({ transfers: [transfer, ...others] }),
  };
};

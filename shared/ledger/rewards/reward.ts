/**
 * What one organisation earned in one hour, all its devices together. What its new devices earned is held for
 * a while, from the very transaction that pays it; what is kept beyond that is listed by itself, so that it
 * stands in nobody's way. Invariants: an organisation is paid once for an hour, and only for one that
 * released at least as much; what is held is given free whole, and never taken. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Write } from '../../core/database.ts';
import { isoOf } from '../../core/time.ts';
import { type SupplierIoAccount, supplierIoAccount } from '../account.ts';
import { type HeldUnits, moveHeld, openHeld } from '../held-credit.ts';
import { heldRewardKeys, keptRewardKeys } from '../keys.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Transfer, unitsOn } from '../transfer.ts';
import { emissionId } from './emission.ts';

/** What an organisation earned in an hour. */
export interface RewardFact {
  readonly epochId: string;
  readonly organisation: string;
  /** Base units of IO above 0. */
  readonly units: bigint;
  /** The part that is held; 0: none. */
  readonly heldUnits: bigint;
  /** When what is held may be released. */
  readonly releaseAtMs: number;
}

/** Rewards that an organisation has and cannot use yet; base units of IO. */
export interface RewardHold extends HeldUnits {
  readonly account: SupplierIoAccount;
  readonly organisation: string;
  readonly epochId: string;
  readonly releaseAtMs: number;
  /** Since when only an operator may give it free. */
  readonly keptAtMs?: number;
}

/** The id of what an organisation earned in an hour. */
export const rewardId = (epochId: string, organisation: string): string =>
  `rw:${epochId}:${organisation}`;
/** The id of what is held of it. */
export const rewardHoldId = (epochId: string, organisation: string): string =>
  `rwh:${epochId}:${organisation}`;

/**
 * Proposes the payment, and the hold of a part of it. `emission` is the hour's release as it stands in the
 * ledger. A BugError when the hour released less.
 */
export const planReward = (
  fact: RewardFact,
  { emission, nowMs }: { readonly emission: Transfer; readonly nowMs: number },
): { readonly transfer: Transfer; readonly writes: Write[] } => {
  const { epochId, organisation, units, heldUnits } = fact;
  const account = supplierIoAccount(organisation);
  assert(emission.id === emissionId(epochId), `${emission.id} is the release of another hour`);
  assert(units > 0n, `${organisation} earned nothing in ${epochId}`);
  assert(units <= unitsOn(emission, 'reward:pool'), `${epochId} released less than ${units}`);
  assert(heldUnits >= 0n && heldUnits <= units, `${epochId} holds more than it pays`);
  const transfer: Transfer = {
    id: rewardId(epochId, organisation),
    cause: causeOf({ units, held: heldUnits }),
    asset: 'io',
    code: 'reward',
    legs: [
      { account: 'reward:pool', units: -units },
      { account, units },
    ],
    atMs: nowMs,
  };
  const writes =
    heldUnits === 0n
      ? writesOf({ transfers: [transfer] })
      : writesOf({
          transfers: [transfer],
          held: [{ account, units: heldUnits }],
          others: [openRewardHold(fact, nowMs)],
        });
  return { transfer, writes };
};

const openRewardHold = (fact: RewardFact, nowMs: number): Write => {
  const { epochId, organisation, heldUnits, releaseAtMs } = fact;
  const hold: RewardHold = {
    id: rewardHoldId(epochId, organisation),
    account: supplierIoAccount(organisation),
    organisation,
    epochId,
    releaseAtMs,
    amount: heldUnits,
    left: heldUnits,
    posted: 0n,
    released: 0n,
    state: 'open',
    version: 1,
    openedAtMs: nowMs,
  };
  return openHeld(hold, {
    organisation,
    epoch_id: epochId,
    release_at_ms: releaseAtMs,
    ...heldRewardKeys(organisation, isoOf(releaseAtMs), hold.id),
  });
};

/**
 * Gives free what is held for one organisation: one hold, or several. Condition: they are held, as read. A
 * BugError when the time of one has not come.
 */
export const planRewardRelease = (holds: readonly RewardHold[], nowMs: number): Write[] =>
  writesOf({
    transfers: [],
    held: holds.map(({ account, left }) => ({ account, units: -left })),
    others: holds.map((hold) => freeRewardHold(hold, nowMs)),
  });

const freeRewardHold = (hold: RewardHold, nowMs: number): Write => {
  const { id, left, releaseAtMs } = hold;
  assert(hold.state === 'open', `${id} is ${hold.state} and cannot be released`);
  assert(nowMs >= releaseAtMs, `${id} is held until ${isoOf(releaseAtMs)}`);
  const freed = moveHeld(hold, { ...hold, left: 0n, released: left, state: 'void' });
  return { ...freed, remove: ['maturity_pk', 'maturity_sk'] };
};

/**
 * Keeps what is held beyond its time: it is due no longer, and listed for the operator. Condition: it is
 * held, as read.
 */
export const planRewardKeep = (hold: RewardHold, nowMs: number): Write => {
  const { id, organisation, releaseAtMs } = hold;
  assert(hold.state === 'open' && !isKept(hold), `${id} cannot be kept`);
  assert(releaseAtMs <= nowMs, `${id} is held anyway until ${isoOf(releaseAtMs)}`);
  return moveHeld(hold, hold, { kept_at_ms: nowMs, ...keptRewardKeys(organisation, id) });
};

/** Whether only an operator may give it free. */
export const isKept = ({ keptAtMs }: RewardHold): boolean => keptAtMs !== undefined;

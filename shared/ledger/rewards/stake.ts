/**
 * Stakes: an organisation's IO that stands behind one of its devices. Invariants: nobody stakes what is not
 * available; what was unstaked is held from that moment, so it neither counts nor can be unstaked twice, and
 * comes back whole. How much a device needs, and how long the wait is, is the business of the rules of stakes.
 * Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Write } from '../../core/database.ts';
import { type StakeAccount, stakeAccount, supplierIoAccount } from '../account.ts';
import type { Balance } from '../balance.ts';
import { type HeldUnits, moveHeld, openHeld } from '../held-credit.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Transfer } from '../transfer.ts';

/** What is staked from rewards. */
export interface StakeFact {
  readonly stakeId: string;
  readonly organisation: string;
  readonly deviceId: string;
  /** Base units of IO above 0. */
  readonly units: bigint;
}

/** A part of a stake that waits to come back; base units of IO. */
export interface UnstakeHold extends HeldUnits {
  readonly account: StakeAccount;
  readonly unstakeId: string;
  readonly organisation: string;
  readonly deviceId: string;
}

export type StakeDecision =
  | { readonly outcome: 'staked'; readonly transfer: Transfer; readonly writes: Write[] }
  /** The organisation has less IO available; base units. */
  | { readonly outcome: 'balance_short'; readonly available: bigint };

export type UnstakeDecision =
  | { readonly outcome: 'held'; readonly hold: UnstakeHold; readonly writes: Write[] }
  /** The device's stake, less what waits to come back, is smaller; base units. */
  | { readonly outcome: 'stake_short'; readonly available: bigint };

/** The ids of a stake's transfer, of a hold of what was unstaked, and of its way back. */
export const stakeTransferId = (stakeId: string): string => `stake:${stakeId}`;
export const unstakeHoldId = (unstakeId: string): string => `unstake:${unstakeId}`;
export const withdrawalId = (unstakeId: string): string => `withdraw:${unstakeId}`;

/** The inputs that a stake's id names. */
export const stakeCause = ({ organisation, deviceId, units }: StakeFact): string =>
  causeOf({ organisation, device: deviceId, units });

/** Proposes a stake from rewards. `rewards` is `sup_io` as read. Condition: it is available. */
export const planStake = (
  fact: StakeFact,
  { rewards, nowMs }: { readonly rewards: Balance; readonly nowMs: number },
): StakeDecision => {
  const { stakeId, organisation, deviceId, units } = fact;
  const account = supplierIoAccount(organisation);
  assert(rewards.account === account, 'the rewards of somebody else');
  assert(units > 0n, `${stakeId} stakes nothing`);
  assert(!stakeId.includes(':'), `${stakeId} cannot name a transfer`);
  const { available } = rewards;
  if (available < units) return { outcome: 'balance_short', available };
  const transfer: Transfer = {
    id: stakeTransferId(stakeId),
    cause: stakeCause(fact),
    asset: 'io',
    code: 'stake',
    legs: [
      { account, units: -units },
      { account: stakeAccount(organisation, deviceId), units },
    ],
    atMs: nowMs,
  };
  return { outcome: 'staked', transfer, writes: writesOf({ transfers: [transfer] }) };
};

/**
 * Holds a part of a stake until it may come back. `stake` is the device's stake as read. Conditions: no such
 * hold yet, and it is available. The writes go with those of the stake's own item.
 */
export const planUnstake = (input: {
  readonly unstakeId: string;
  readonly organisation: string;
  readonly deviceId: string;
  /** Base units of IO above 0. */
  readonly units: bigint;
  readonly stake: Balance;
  readonly nowMs: number;
}): UnstakeDecision => {
  const { unstakeId, organisation, deviceId, units, stake, nowMs } = input;
  const account = stakeAccount(organisation, deviceId);
  assert(stake.account === account, 'the stake of another device');
  assert(units > 0n, `${unstakeId} unstakes nothing`);
  assert(!unstakeId.includes(':'), `${unstakeId} cannot name a transfer`);
  const { available } = stake;
  if (available < units) return { outcome: 'stake_short', available };
  const hold: UnstakeHold = {
    id: unstakeHoldId(unstakeId),
    account,
    unstakeId,
    organisation,
    deviceId,
    amount: units,
    left: units,
    posted: 0n,
    released: 0n,
    state: 'open',
    version: 1,
    openedAtMs: nowMs,
  };
  const writes = writesOf({
    transfers: [],
    held: [{ account, units }],
    others: [openHeld(hold, { organisation, device_id: deviceId })],
  });
  return { outcome: 'held', hold, writes };
};

/**
 * Proposes that what was unstaked comes back to the organisation's rewards. Told again, the writes are refused
 * by the transfer that is there.
 */
export const planWithdrawal = (
  hold: UnstakeHold,
  nowMs: number,
): { readonly transfer: Transfer; readonly writes: Write[] } => {
  const { unstakeId, organisation, deviceId, account, amount } = hold;
  const transfer: Transfer = {
    id: withdrawalId(unstakeId),
    cause: causeOf({ organisation, device: deviceId, units: amount }),
    asset: 'io',
    code: 'stake_withdrawal',
    legs: [
      { account, units: -amount },
      { account: supplierIoAccount(organisation), units: amount },
    ],
    atMs: nowMs,
  };
  const closed = moveHeld(hold, { ...hold, left: 0n, posted: amount, state: 'closed' });
  const writes = writesOf({
    transfers: [transfer],
    held: [{ account, units: -amount }],
    others: [closed],
  });
  return { transfer, writes };
};

/**
 * What there is to pay rewards from: rewards may be credited before their IO is minted, and are never paid with
 * IO that is somebody else's. Asked when a batch claims them, and once more when it is signed, in the write
 * that moves what is signed: of two lanes that claim the same IO, one releases it.
 */
import { getAccount, sumAccount, sumAllStakes } from '../../../shared/ledger/ledger-store.ts';
import type { Batch, Member } from '../../../shared/payments/payouts/batch.ts';
import {
  getLaneBatch,
  getSignedUnits,
  type SignedUnits,
} from '../../../shared/payments/payouts/batch-store.ts';
import { type Lane, lanes } from '../../../shared/payments/payouts/payout.ts';
import { withinCustody } from '../../../shared/payments/payouts/payout-limits.ts';
import { getPayouts } from '../../../shared/payments/payouts/payout-store.ts';
import { heldUnits } from './check-funds.ts';
import type { PayoutNeeds } from './payout-needs.ts';

/**
 * IO that the treasury holds beyond what is signed and what is owed to others than those who are rewarded: base
 * units, below 0 where it is short. What arrived and is not booked yet is no part of it, nor is what the books
 * expect and the chain does not show.
 */
const freeUnits = async (needs: PayoutNeeds, signed: SignedUnits): Promise<bigint> => {
  const { database } = needs;
  const held = await heldUnits(needs, 'io', signed);
  const booked = -(await sumAccount(database, 'ext:io'));
  // One after another, in the order in which IO goes from one to the next: none is missed on its way.
  const inSuspense = await sumAccount(database, 'suspense:io');
  const fund = await getAccount(database, 'reward:fund');
  const position = await getAccount(database, 'fx:io');
  const staked = await sumAllStakes(database);
  const owed = inSuspense + fund.posted + position.posted + staked;
  return (held < booked ? held : booked) - signed.units - owed;
};

/** What a new batch of the lane may claim of it: less the rewards that batches of other lanes have not signed yet. */
export const claimableUnits = async (needs: PayoutNeeds, lane: Lane): Promise<bigint> => {
  // Before what is signed is read: what is signed meanwhile counts twice then, and never not at all.
  const claimed = await Promise.all(
    lanes.filter((other) => other !== lane).map((other) => unsignedRewards(needs, other)),
  );
  const signed = await getSignedUnits(needs.database, 'io');
  return claimed.reduce((left, units) => left - units, await freeUnits(needs, signed));
};

const unsignedRewards = async (needs: PayoutNeeds, lane: Lane): Promise<bigint> => {
  const batch = await getLaneBatch(needs.database, lane);
  if (batch?.status !== 'open') return 0n;
  const rewards = await rewardsIn(needs, batch);
  return rewards.reduce((sum, { tokenUnits }) => sum + tokenUnits, 0n);
};

const rewardsIn = async (needs: PayoutNeeds, { token, members }: Batch) => {
  if (token !== 'io') return [];
  const payouts = await getPayouts(
    needs.database,
    members.map(({ payoutId }) => payoutId),
  );
  return payouts.filter(({ source }) => source === 'rewards');
};

/** Members of an open batch whose rewards nothing covers any more, beside what is `signed`. */
export const findUncovered = async (
  needs: PayoutNeeds,
  batch: Batch,
  signed: SignedUnits,
): Promise<readonly Member[]> => {
  const rewards = await rewardsIn(needs, batch);
  if (rewards.length === 0) return [];
  const covered = withinCustody(rewards, await freeUnits(needs, signed));
  const uncovered = new Set(rewards.filter((one) => !covered.includes(one)).map(({ id }) => id));
  return batch.members.filter(({ payoutId }) => uncovered.has(payoutId));
};

/**
 * The invariants of rewards over everything that the ledger holds: what hours release is what the schedule
 * emits and no more (I10), what they pay and leave is what they released (I11), what is minted was released
 * (I9), nothing is paid or minted that is not there (I22), holds of rewards and stakes end as they must (I5),
 * and the sum of an organisation's stakes is what stands on them (I2). Pure.
 */
import { hourMs, startOfHourId } from '../core/time.ts';
import { emissionOf, emissionTotalUnits } from '../token/emission.ts';
import { readAccount } from './account.ts';
import type { Balance } from './balance.ts';
import type { OwnTransaction } from './chain/own-transaction.ts';
import { emissionId, unallocatedId } from './rewards/emission.ts';
import { mintId } from './rewards/mint.ts';
import { type RewardHold, rewardHoldId, rewardId } from './rewards/reward.ts';
import { type UnstakeHold, withdrawalId } from './rewards/stake.ts';
import { type Transfer, unitsOn } from './transfer.ts';

const hoursOfDay = 24;

export interface RewardContents {
  readonly transfers: readonly Transfer[];
  readonly balances: readonly Balance[];
  readonly rewardHolds: readonly RewardHold[];
  readonly unstakeHolds: readonly UnstakeHold[];
  readonly ownTransactions: readonly OwnTransaction[];
}

/** What the ledger does not hold itself; what is not said is not checked. */
export interface RewardFrame {
  /** When hour 0 of the schedule begins. */
  readonly genesisMs?: number;
  /** Hours that are closed, by their ids: they paid all that they released. */
  readonly completedEpochs?: readonly string[];
}

type ById = ReadonlyMap<string, Transfer>;

/** Everything about rewards, stakes and mints that is broken. */
export const checkRewards = (
  contents: RewardContents,
  frame: RewardFrame = {},
): readonly string[] => {
  const { transfers } = contents;
  const byId: ById = new Map(transfers.map((transfer) => [transfer.id, transfer]));
  return [
    ...transfers.flatMap((transfer) => checkTransfer(transfer, byId, contents, frame)),
    ...checkEpochs(transfers, byId, frame),
    ...checkTotals(transfers),
    ...checkSums(contents.balances),
    ...contents.rewardHolds.flatMap((hold) => checkRewardHold(hold, byId)),
    ...contents.unstakeHolds.flatMap((hold) => checkUnstakeHold(hold, byId)),
  ];
};

const checkTransfer = (
  transfer: Transfer,
  byId: ById,
  contents: RewardContents,
  frame: RewardFrame,
): readonly string[] => {
  switch (transfer.code) {
    case 'emission':
      return checkEmission(transfer, frame);
    case 'reward':
    case 'unallocated_reward':
      return checkReceiver(transfer);
    case 'mint':
      return checkMint(transfer, byId, contents, frame);
    case 'stake':
    case 'stake_deposit':
    case 'stake_withdrawal':
      return checkStake(transfer, contents);
    default:
      return [];
  }
};

/** The hour that a transfer is of: the second part of its id. */
const epochOf = ({ id }: Transfer): string => id.split(':')[1] ?? '';

/** Hours since genesis. */
const hourOf = (epochId: string, genesisMs: number): number =>
  ((startOfHourId(epochId) ?? Number.NaN) - genesisMs) / hourMs;

/** I10: all that an hour releases is in the pool, and is at most what the schedule emits in it. */
const checkEmission = (transfer: Transfer, { genesisMs }: RewardFrame): readonly string[] => {
  const { id } = transfer;
  const units = unitsOn(transfer, 'reward:pool');
  const broken = id === emissionId(epochOf(transfer)) ? [] : [`I6: ${id} is no release`];
  const taken = unitsOn(transfer, 'ext:issuance') + unitsOn(transfer, 'reward:fund');
  if (units <= 0n || taken !== -units) broken.push(`I10: ${id} releases ${units} of ${taken}`);
  if (genesisMs === undefined) return broken;
  const hour = hourOf(epochOf(transfer), genesisMs);
  const most = Number.isSafeInteger(hour) ? (emissionOf(hour)?.units ?? 0n) : 0n;
  if (units > most) broken.push(`I10: ${id} releases ${units}, the schedule emits ${most}`);
  return broken;
};

/** What an hour pays goes to the organisation that the transfer is named after, or to nobody. */
const checkReceiver = (transfer: Transfer): readonly string[] => {
  const { id, legs, code } = transfer;
  const epochId = epochOf(transfer);
  const receivers = legs.filter(({ account }) => account !== 'reward:pool');
  const [to] = receivers;
  const organisation = to && readAccount(to.account).organisation;
  const named = code === 'reward' ? rewardId(epochId, organisation ?? '') : unallocatedId(epochId);
  const expected = code === 'reward' ? 'rewarded' : 'recording';
  const sound =
    receivers.length === 1 &&
    to !== undefined &&
    to.units > 0n &&
    readAccount(to.account).kind === expected;
  return sound && id === named ? [] : [`I11: ${id} pays somebody else`];
};

/** I11: no hour pays what it did not release; one that is closed paid all of it. */
const checkEpochs = (
  transfers: readonly Transfer[],
  byId: ById,
  { completedEpochs = [] }: RewardFrame,
): readonly string[] => {
  const paid = new Map<string, bigint>();
  for (const transfer of transfers) {
    if (transfer.code !== 'reward' && transfer.code !== 'unallocated_reward') continue;
    const epochId = epochOf(transfer);
    paid.set(epochId, (paid.get(epochId) ?? 0n) - unitsOn(transfer, 'reward:pool'));
  }
  const released = (epochId: string): bigint => {
    const emission = byId.get(emissionId(epochId));
    return emission ? unitsOn(emission, 'reward:pool') : 0n;
  };
  const beyond = [...paid].flatMap(([epochId, units]) =>
    units <= released(epochId)
      ? []
      : [`I11: ${epochId} pays ${units} of ${released(epochId)} that it released`],
  );
  const short = completedEpochs.flatMap((epochId) => {
    const units = paid.get(epochId) ?? 0n;
    return units === released(epochId)
      ? []
      : [`I11: ${epochId} is closed and paid ${units} of ${released(epochId)}`];
  });
  return [...beyond, ...short];
};

/** I9, I15: a day's mint is what its hours released, by the transaction that was written down for it. */
const checkMint = (
  transfer: Transfer,
  byId: ById,
  { ownTransactions }: RewardContents,
  { genesisMs }: RewardFrame,
): readonly string[] => {
  const { id, external } = transfer;
  const day = Number(id.split(':')[1]);
  const units = unitsOn(transfer, 'ext:issuance');
  const broken: string[] = [];
  if (id !== mintId(day) || units <= 0n || unitsOn(transfer, 'ext:io') !== -units) {
    broken.push(`I9: ${id} is no mint`);
  }
  const own = ownTransactions.find(({ signature }) => signature === external);
  if (own?.purpose !== 'mint' || own.subjectId !== String(day)) {
    broken.push(`I15: ${id} was made by a transaction that is not its own`);
  }
  if (genesisMs === undefined) return broken;
  const hours = [...byId.values()].filter((each) => {
    const hour = each.code === 'emission' ? hourOf(epochOf(each), genesisMs) : Number.NaN;
    return Math.floor(hour / hoursOfDay) === day;
  });
  const released = hours.reduce((sum, each) => sum - unitsOn(each, 'ext:issuance'), 0n);
  if (hours.length !== hoursOfDay) broken.push(`I9: ${id} came before its hours were over`);
  if (units !== released) broken.push(`I9: ${id} makes ${units}, its hours released ${released}`);
  return broken;
};

/** I22, I10: the pool is never below nothing, nor is what is minted beyond what was released. */
const checkTotals = (transfers: readonly Transfer[]): readonly string[] => {
  const sum = (account: 'reward:pool' | 'ext:issuance') =>
    transfers.reduce((total, transfer) => total + unitsOn(transfer, account), 0n);
  const broken: string[] = [];
  if (sum('reward:pool') < 0n) broken.push(`I22: reward:pool has ${sum('reward:pool')}`);
  if (sum('ext:issuance') > 0n) broken.push(`I9: more is minted than was released`);
  const minted = transfers
    .filter(({ code }) => code === 'mint')
    .reduce((total, transfer) => total + unitsOn(transfer, 'ext:issuance'), 0n);
  if (minted > emissionTotalUnits) broken.push(`I10: ${minted} is minted, beyond the cap`);
  return broken;
};

/** I2: an organisation's rewards say what is staked on all its devices. */
const checkSums = (balances: readonly Balance[]): readonly string[] => {
  const staked = new Map<string, bigint>();
  for (const { account, posted } of balances) {
    const { kind, organisation } = readAccount(account);
    if (kind !== 'staked' || organisation === undefined) continue;
    staked.set(organisation, (staked.get(organisation) ?? 0n) + posted);
  }
  const broken: string[] = [];
  for (const balance of balances) {
    const { kind, organisation = '' } = readAccount(balance.account);
    const expected = kind === 'rewarded' ? (staked.get(organisation) ?? 0n) : 0n;
    if (kind === 'rewarded') staked.delete(organisation);
    if (balance.staked === expected) continue;
    broken.push(`I2: ${balance.account} says ${balance.staked} is staked, it is ${expected}`);
  }
  for (const [organisation, units] of staked) {
    if (units !== 0n) broken.push(`I2: no sum of the stakes of ${organisation}`);
  }
  return broken;
};

/** A stake is of one organisation, whose own IO it was; only what was unstaked comes back. */
const checkStake = (transfer: Transfer, { unstakeHolds }: RewardContents): readonly string[] => {
  const { id, code, legs } = transfer;
  const from = code === 'stake_deposit' ? 'ext:io' : undefined;
  const own = legs.filter(({ account }) => account !== from);
  const kinds = own.map(({ account }) => readAccount(account).kind);
  const owners = new Set(own.map(({ account }) => readAccount(account).organisation));
  const isOwn = kinds.every((kind) => kind === 'rewarded' || kind === 'staked');
  const broken = owners.size === 1 && isOwn ? [] : [`I5: ${id} stakes what is somebody else's`];
  const staked = own.find(({ account }) => readAccount(account).kind === 'staked')?.units ?? 0n;
  const isBack = code === 'stake_withdrawal';
  if (isBack ? staked >= 0n : staked < 0n) broken.push(`I5: ${id} goes the wrong way`);
  if (isBack && !unstakeHolds.some(({ unstakeId }) => withdrawalId(unstakeId) === id)) {
    broken.push(`I5: ${id} brings back what was never unstaked`);
  }
  return broken;
};

/** I5: what is held is a part of its reward, and is given free, never taken. */
const checkRewardHold = (hold: RewardHold, byId: ById): readonly string[] => {
  const { id, epochId, organisation, account, amount, posted, state } = hold;
  const reward = byId.get(rewardId(epochId, organisation));
  const paid = reward ? unitsOn(reward, account) : 0n;
  const broken: string[] = [];
  if (id !== rewardHoldId(epochId, organisation)) broken.push(`I5: ${id} is of another reward`);
  if (amount > paid) broken.push(`I5: ${id} holds ${amount} of a reward of ${paid}`);
  if (posted !== 0n || state === 'closed') broken.push(`I5: ${id} was taken, not given free`);
  return broken;
};

/** I5: what was unstaked came back whole, or waits whole. */
const checkUnstakeHold = (hold: UnstakeHold, byId: ById): readonly string[] => {
  const { id, unstakeId, account, organisation, amount, posted, state } = hold;
  const transfer = byId.get(withdrawalId(unstakeId));
  const back = transfer ? -unitsOn(transfer, account) : 0n;
  const expected = state === 'closed' ? amount : 0n;
  const broken: string[] = [];
  if (state === 'void') broken.push(`I5: ${id} was given up`);
  if (back !== expected || posted !== expected) {
    broken.push(`I5: ${id} is ${state} with ${posted} posted, its transfer ${back}`);
  }
  if (transfer && unitsOn(transfer, `sup_io:${organisation}`) !== back) {
    broken.push(`I5: ${id} came back to somebody else`);
  }
  return broken;
};

/**
 * The ledger's invariants over everything that it holds (names as in the design: I1 to I7, I12, I17 to
 * I20, I22, I26; those of card payments in `card-invariants.ts`, of the chain in `chain-invariants.ts`, of
 * rewards in `reward-invariants.ts`). Run after every journey and every simulation. Answers what is broken,
 * one sentence each; an empty list means that the books balance. Pure.
 */
import type { Asset } from '../core/money.ts';
import {
  type AccountName,
  assetOf,
  type EarningDay,
  isAuthorising,
  readAccount,
  shardFor,
} from './account.ts';
import type { Balance } from './balance.ts';
import { checkCards } from './card-invariants.ts';
import type { CardPayment } from './card-payment.ts';
import type { RefundHold } from './card-refund.ts';
import type { OwnTransaction } from './chain/own-transaction.ts';
import type { PayoutHold, PayoutIoHold } from './chain/payout-hold.ts';
import type { SaleHold } from './chain/rebalancing.ts';
import { checkChain } from './chain-invariants.ts';
import type { HeldUnits } from './held-credit.ts';
import type { Hold } from './hold.ts';
import { earningDay, isMature } from './maturity.ts';
import { checkRewards, type RewardFrame } from './reward-invariants.ts';
import type { RewardHold } from './rewards/reward.ts';
import type { UnstakeHold } from './rewards/stake.ts';
import { settlementId } from './settlement.ts';
import { assertTransfer, type Transfer, unitsOn } from './transfer.ts';

export interface LedgerContents {
  readonly transfers: readonly Transfer[];
  readonly balances: readonly (Balance & { readonly shard: number })[];
  /** Of clusters. */
  readonly holds: readonly Hold[];
  readonly refundHolds: readonly RefundHold[];
  readonly payoutHolds: readonly PayoutHold[];
  readonly payoutIoHolds: readonly PayoutIoHold[];
  readonly saleHolds: readonly SaleHold[];
  readonly rewardHolds: readonly RewardHold[];
  readonly unstakeHolds: readonly UnstakeHold[];
  readonly ownTransactions: readonly OwnTransaction[];
  readonly payments: readonly CardPayment[];
  /** What all stakes add up to, as it is kept; base units of IO. */
  readonly stakedUnits: bigint;
}

/** Everything that is broken; empty when the ledger is sound. `frame` says what it cannot know itself. */
export const checkInvariants = (
  contents: LedgerContents,
  frame: RewardFrame = {},
): readonly string[] => [
  ...checkTransfers(contents.transfers),
  ...checkBalances(contents),
  ...allHolds(contents).flatMap(checkAmounts),
  ...contents.holds.flatMap((hold) => checkHold(hold, contents.transfers)),
  ...checkCards(contents),
  ...checkChain(contents),
  ...checkRewards(contents, frame),
  ...checkEarnings(contents),
];

const allHolds = (contents: LedgerContents): readonly HeldUnits[] => [
  ...contents.holds,
  ...contents.refundHolds,
  ...contents.payoutHolds,
  ...contents.payoutIoHolds,
  ...contents.saleHolds,
  ...contents.rewardHolds,
  ...contents.unstakeHolds,
];

/** What the transfers alone say every balance's `posted` is, by `account#shard`. */
export const replay = (transfers: readonly Transfer[]): Map<string, bigint> => {
  const posted = new Map<string, bigint>();
  for (const transfer of transfers) {
    for (const { account, units } of transfer.legs) {
      const name = `${account}#${shardFor(account, transfer.id)}`;
      posted.set(name, (posted.get(name) ?? 0n) + units);
    }
  }
  return posted;
};

/** I1, I6, I7, I12: each transfer sums to zero; no id and no external id stands twice. */
const checkTransfers = (transfers: readonly Transfer[]): readonly string[] => {
  const broken: string[] = [];
  const seen = new Set<string>();
  for (const transfer of transfers) {
    broken.push(...messageOf(() => assertTransfer(transfer)));
    for (const id of [
      transfer.id,
      ...(transfer.external ? [`external ${transfer.external}`] : []),
    ]) {
      if (seen.has(id)) broken.push(`I6/I7: ${id} stands twice`);
      seen.add(id);
    }
  }
  return broken;
};

/** I2, I3, I4, I17: balances follow from transfers and holds, and stay within their bounds. */
const checkBalances = (contents: LedgerContents): readonly string[] => {
  const { transfers, balances } = contents;
  const broken: string[] = [];
  const posted = replay(transfers);
  const held = new Map<AccountName, bigint>();
  for (const { account, left } of allHolds(contents)) {
    held.set(account, (held.get(account) ?? 0n) + left);
  }
  const totals: Record<Asset, bigint> = { usd: 0n, io: 0n, sol: 0n };
  let staked = 0n;
  for (const balance of balances) {
    const { account, shard } = balance;
    totals[assetOf(account)] += balance.posted;
    if (readAccount(account).kind === 'staked') staked += balance.posted;
    const expected = posted.get(`${account}#${shard}`) ?? 0n;
    posted.delete(`${account}#${shard}`);
    if (balance.posted !== expected) {
      broken.push(`I2: ${account}#${shard} has ${balance.posted}, its transfers say ${expected}`);
    }
    if (!isAuthorising(account)) continue;
    const { kind } = readAccount(account);
    const expectedHeld = held.get(account) ?? 0n;
    held.delete(account);
    if (balance.held !== expectedHeld) {
      broken.push(`I2: ${account} holds ${balance.held}, its holds say ${expectedHeld}`);
    }
    if (balance.available !== balance.posted - balance.held)
      broken.push(`I3: ${account} available`);
    if (balance.held < 0n) broken.push(`I4: ${account} holds less than nothing`);
    if (kind === 'debt' ? balance.posted > 0n : balance.available < 0n) {
      broken.push(`I3: ${account} is beyond its bound: ${balance.available}`);
    }
  }
  for (const [name, units] of posted) if (units !== 0n) broken.push(`I2: no balance ${name}`);
  for (const [name, units] of held) if (units !== 0n) broken.push(`I2: no balance ${name}`);
  for (const [asset, total] of Object.entries(totals)) {
    if (total !== 0n) broken.push(`I1: all balances of ${asset} add up to ${total}`);
  }
  if (contents.stakedUnits !== staked) {
    broken.push(`I2: all stakes add up to ${staked}, not to ${contents.stakedUnits}`);
  }
  return [...broken, ...checkDebts(balances)];
};

/** I17: while something is owed, nothing is available. */
const checkDebts = (balances: LedgerContents['balances']): readonly string[] => {
  const byAccount = new Map<AccountName, Balance>(balances.map((each) => [each.account, each]));
  return balances.flatMap(({ account, posted }) => {
    const { kind, organisation } = readAccount(account);
    if (kind !== 'debt' || posted === 0n) return [];
    const available = byAccount.get(`cust:${organisation}`)?.available ?? 0n;
    return available === 0n ? [] : [`I17: ${organisation} owes and has ${available} available`];
  });
};

/** I5: a hold's amounts add up, and one that is over has nothing left. */
const checkAmounts = (hold: HeldUnits): readonly string[] => {
  const broken: string[] = [];
  const { id, amount, posted, released, left, state } = hold;
  if (amount !== posted + released + left) broken.push(`I5: ${id} does not add up`);
  if (state !== 'open' && left !== 0n) broken.push(`I5: ${id} is ${state} and has ${left} left`);
  return broken;
};

/** I18: what a cluster's hold posted is what its settlements took. */
const checkHold = (hold: Hold, transfers: readonly Transfer[]): readonly string[] => {
  const broken: string[] = [];
  const { id, posted, state } = hold;
  if (state === 'void' && hold.n > 0) broken.push(`I18: ${id} is void and was settled`);
  const mine = transfers.filter((each) => each.settlement?.clusterId === hold.clusterId);
  const taken = mine.reduce((sum, transfer) => sum - unitsOn(transfer, hold.account), 0n);
  if (taken !== posted) broken.push(`I18: ${id} posted ${posted}, its settlements took ${taken}`);
  for (let n = 0; n < hold.n; n += 1) {
    if (!mine.some((transfer) => transfer.id === settlementId(hold.clusterId, n))) {
      broken.push(`I18: ${id} lacks settlement ${n}`);
    }
  }
  if (mine.length !== hold.n)
    broken.push(`I18: ${id} has ${mine.length} settlements, not ${hold.n}`);
  return broken;
};

/** I19, I20, I26: earnings wait as their hold says; the platform pays in final settlements alone. */
const checkEarnings = ({ transfers, holds }: LedgerContents): readonly string[] => {
  const broken: string[] = [];
  const holdOf = new Map(holds.map((hold) => [hold.clusterId, hold]));
  for (const transfer of transfers) {
    const { settlement } = transfer;
    const hold = settlement && holdOf.get(settlement.clusterId);
    if (settlement && !hold) broken.push(`I18: ${transfer.id} settles no hold`);
    if (settlement && !settlement.final && unitsOn(transfer, 'exp:sla') !== 0n) {
      broken.push(`I26: ${transfer.id} makes the platform pay before the end`);
    }
    for (const { account, units } of transfer.legs) {
      const { kind, organisation: supplier, day } = readAccount(account);
      if (kind !== 'earning' || supplier === undefined || day === undefined) continue;
      if (units < 0n && !isMature(day, transfer.atMs) && !decidedByOperator(transfer, day)) {
        broken.push(`I20: ${transfer.id} takes ${account} before its day`);
      }
      if (units < 0n || !hold) continue;
      const { organisation: payer, classDays, granted } = hold;
      const expected = earningDay({
        payer,
        supplier,
        linked: new Set(settlement?.linked),
        classDays,
        granted,
        postedAtMs: transfer.atMs,
      });
      if (day !== expected) broken.push(`I19: ${transfer.id} earns on ${day}, not ${expected}`);
    }
  }
  return broken;
};

/** An operator may claw back from any day, and release what is in review. */
const decidedByOperator = ({ code }: Transfer, day: EarningDay): boolean =>
  code === 'claw_back' || (code === 'review_approval' && day === 'review');

const messageOf = (check: () => void): readonly string[] => {
  try {
    check();
    return [];
  } catch (error) {
    return [`I1: ${String(error)}`];
  }
};

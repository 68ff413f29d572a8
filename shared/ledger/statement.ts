/**
 * Statements: what organisations read of the ledger. A line shows one transfer's legs on the accounts of
 * one organisation and nothing of the other side. Nothing decides on lines; they follow the transfers.
 */
import { assert } from '../core/assert.ts';
import { isoOf } from '../core/time.ts';
import { type AccountKind, type EarningDay, readAccount } from './account.ts';
import type { Transfer, TransferCode } from './transfer.ts';

/** A group of an organisation's accounts. */
export type StatementGroup = Exclude<AccountKind, 'recording' | 'position' | 'fund'>;

export const statementGroups = [
  'credit',
  'debt',
  'earning',
  'matured',
  'rewarded',
  'staked',
] as const satisfies readonly StatementGroup[];

export interface StatementLeg {
  readonly group: StatementGroup;
  /** Only on earnings. */
  readonly day?: EarningDay;
  /** Base units of the group's asset. */
  readonly units: bigint;
}

/** One transfer as one organisation sees it. */
export interface StatementLine {
  readonly organisation: string;
  readonly transferId: string;
  readonly code: TransferCode;
  readonly atMs: number;
  readonly legs: readonly StatementLeg[];
  /** The cluster that was settled. */
  readonly clusterId?: string;
}

/** What each code means, for people who read a statement. */
export const codeWords: Readonly<Record<TransferCode, string>> = {
  grant: 'Credit given by the operator',
  settlement: 'Cluster time',
  debt_payment: 'Released credit paid what was owed',
  maturity: 'Earnings became available',
  top_up: 'Paid by card',
  provider_cost: 'Fee of the card provider',
  treasury_funding: "Moved between the platform's own accounts",
  card_refund: 'Refunded to the card',
  card_refund_failed: 'A refund to the card failed and came back',
  foreign_refund: 'Refunded to the card by the card provider',
  foreign_refund_failed: 'A refund by the card provider failed and came back',
  dispute: "Taken back by the card's bank",
  dispute_won: 'A dispute was won and the money came back',
  claw_back: 'Earnings taken for a disputed payment',
  review_approval: 'Earnings in review were released',
  usdc_deposit: 'Paid in USDC',
  io_deposit: 'Paid in IO',
  unattributed_deposit: 'Arrived on chain, not attributed',
  deposit_claim: 'A deposit was attributed',
  usdc_payout: 'Paid out in USDC',
  io_payout: 'Paid out in IO',
  reward_payout: 'Rewards paid out in IO',
  rebalancing: 'IO exchanged for USDC',
  chain_fee: 'Fee of a transaction on chain',
  emission: 'IO emitted for an hour',
  reward: 'Reward for an hour',
  unallocated_reward: "An hour's emission that nobody earned",
  reward_funding: 'IO put aside for rewards',
  mint: 'Emitted IO minted on chain',
  stake: 'Staked from rewards',
  stake_deposit: 'Paid in IO as a stake',
  stake_withdrawal: 'A stake came back',
};

/** Base units per group of accounts, each of the group's asset. */
export type GroupTotals = Readonly<Record<StatementGroup, bigint>>;

export const noTotals: GroupTotals = {
  credit: 0n,
  debt: 0n,
  earning: 0n,
  matured: 0n,
  rewarded: 0n,
  staked: 0n,
};

/** A calendar month in UTC, `2026-11`. */
export type Month = `${number}-${number}`;

/** The month that contains this time. */
export const monthOf = (ms: number): Month => isoOf(ms).slice(0, 7) as Month;

/** The month after this one. */
export const nextMonth = (month: Month): Month => {
  const year = Number(month.slice(0, 4));
  const number = Number(month.slice(5));
  assert(number >= 1 && number <= 12, `no month: ${month}`);
  const next = number === 12 ? [year + 1, 1] : [year, number + 1];
  return `${String(next[0]).padStart(4, '0')}-${String(next[1]).padStart(2, '0')}` as Month;
};

/** Epoch milliseconds at which the month begins. */
export const monthStartMs = (month: Month): number => Date.parse(`${month}-01T00:00:00.000Z`);

/** One line for each organisation on whose accounts the transfer has legs. */
export const linesOf = (transfer: Transfer): readonly StatementLine[] => {
  const legs = new Map<string, StatementLeg[]>();
  for (const { account, units } of transfer.legs) {
    const { kind, organisation, day } = readAccount(account);
    if (!isGroup(kind) || organisation === undefined) continue;
    const leg: StatementLeg = { group: kind, units, ...(day === undefined ? {} : { day }) };
    legs.set(organisation, [...(legs.get(organisation) ?? []), leg]);
  }
  return [...legs].map(([organisation, own]) => ({
    organisation,
    transferId: transfer.id,
    code: transfer.code,
    atMs: transfer.atMs,
    legs: own,
    ...(transfer.settlement ? { clusterId: transfer.settlement.clusterId } : {}),
  }));
};

const isGroup = (kind: AccountKind): kind is StatementGroup =>
  statementGroups.some((group) => group === kind);

/** What the lines add up to. */
export const totalsOf = (lines: readonly StatementLine[]): GroupTotals => {
  const totals: Record<StatementGroup, bigint> = { ...noTotals };
  for (const { legs } of lines) for (const { group, units } of legs) totals[group] += units;
  return totals;
};

/** Both totals together. */
export const addTotals = (a: GroupTotals, b: GroupTotals): GroupTotals => ({
  credit: a.credit + b.credit,
  debt: a.debt + b.debt,
  earning: a.earning + b.earning,
  matured: a.matured + b.matured,
  rewarded: a.rewarded + b.rewarded,
  staked: a.staked + b.staked,
});

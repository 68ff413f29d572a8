/**
 * Transfers: the only way value moves. Invariant: 2 to 70 legs of one asset that sum to zero, one leg
 * per account, none of zero units. A transfer's id is its cause: the same cause under that id is the
 * same fact told again, another cause is an alarm. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Asset } from '../core/money.ts';
import { type AccountName, assetOf, readAccount } from './account.ts';

export const legsMin = 2;
export const legsMax = 70;

/** Positive units go into the account, negative ones out of it; base units of the transfer's asset. */
export interface Leg {
  readonly account: AccountName;
  readonly units: bigint;
}

/** What happened, for readers of statements. */
export const transferCodes = [
  'grant',
  'settlement',
  'debt_payment',
  'maturity',
  'top_up',
  'provider_cost',
  'treasury_funding',
  'card_refund',
  'card_refund_failed',
  'foreign_refund',
  'foreign_refund_failed',
  'dispute',
  'dispute_won',
  'claw_back',
  'review_approval',
  'usdc_deposit',
  'io_deposit',
  'unattributed_deposit',
  'deposit_claim',
  'usdc_payout',
  'io_payout',
  'reward_payout',
  'rebalancing',
  'chain_fee',
  'emission',
  'reward',
  'unallocated_reward',
  'reward_funding',
  'mint',
  'stake',
  'stake_deposit',
  'stake_withdrawal',
] as const;

export type TransferCode = (typeof transferCodes)[number];

export interface Transfer {
  readonly id: string;
  /** The inputs that the id names, in canonical form. A retry compares causes, never legs. */
  readonly cause: string;
  readonly asset: Asset;
  readonly code: TransferCode;
  readonly legs: readonly Leg[];
  /** The outside world's id of the fact, where it has one. */
  readonly external?: string;
  readonly atMs: number;
  /** What a settlement settled; absent on every other transfer. */
  readonly settlement?: SettlementDetail;
  /** The card payment that the transfer belongs to; absent where there is none. */
  readonly card?: CardDetail;
  /** The IO that the payment stands for, at the price of its time; absent where no price was known. */
  readonly io?: IoDetail;
  /** Why, in the words of the person who decided it. */
  readonly reason?: string;
}

/** What stands beside a settlement's legs. Milliseconds are of a node's whole life so far. */
export interface SettlementDetail {
  readonly clusterId: string;
  readonly n: number;
  readonly final: boolean;
  /** Paid milliseconds per node: proven inside the paid time, and the minimum hour's where it applies. */
  readonly paidMs: Readonly<Record<string, number>>;
  /** Milliseconds of the one-hour minimum within `paidMs`, per node that has some. */
  readonly minimumMs: Readonly<Record<string, number>>;
  /** Proven milliseconds beyond the paid time, per node that has some: the platform pays them. */
  readonly beyondMs: Readonly<Record<string, number>>;
  /** Suppliers that counted as one with the payer without being the payer; absent where none did. */
  readonly linked?: readonly string[];
  /** The part of each supplier's leg that the customer paid; absent where that is the whole leg. */
  readonly customerPart?: Readonly<Record<string, bigint>>;
}

/** What stands beside the legs of a card payment's transfers. */
export interface CardDetail {
  /** The provider's id of the payment. */
  readonly paymentId: string;
  /** On a top-up: whether the card's issuer bears its fraud. */
  readonly liabilityShifted?: boolean;
}

/** What stands beside a payment that was made, or counted, in IO. */
export interface IoDetail {
  /** Base units of IO. */
  readonly units: bigint;
  /** The price that they follow from: its id, and nano-dollars per IO. */
  readonly priceId: string;
  readonly nanoUsdPerIo: bigint;
}

/** A cause in canonical form: names sorted, whole numbers as decimal strings. */
export const causeOf = (inputs: Readonly<Record<string, string | bigint | number>>): string => {
  const names = Object.keys(inputs).sort();
  return JSON.stringify(names.map((name) => [name, String(inputs[name])]));
};

/** Adds up the legs of each account and leaves out what comes to nothing; in order of appearance. */
export const mergeLegs = (legs: readonly Leg[]): readonly Leg[] => {
  const sums = new Map<AccountName, bigint>();
  for (const { account, units } of legs) sums.set(account, (sums.get(account) ?? 0n) + units);
  return [...sums]
    .filter(([, units]) => units !== 0n)
    .map(([account, units]) => ({ account, units }));
};

/** Holds a transfer to its invariant; a BugError says what is wrong with it. */
export const assertTransfer = (transfer: Transfer): void => {
  const { id, legs } = transfer;
  assert(id !== '' && transfer.cause !== '', 'a transfer without id or cause');
  assert(legs.length >= legsMin, `transfer ${id} has fewer than ${legsMin} legs`);
  assert(legs.length <= legsMax, `transfer ${id} has more than ${legsMax} legs`);
  assert(
    new Set(legs.map(({ account }) => account)).size === legs.length,
    `unmerged legs in ${id}`,
  );
  let sum = 0n;
  for (const { account, units } of legs) {
    assert(units !== 0n, `transfer ${id} has a leg of zero`);
    readAccount(account);
    assert(assetOf(account) === transfer.asset, `${account} in ${id} holds another asset`);
    sum += units;
  }
  assert(sum === 0n, `transfer ${id} does not sum to zero`);
};

/** What the transfer adds to the account; 0 when it has no leg there. */
export const unitsOn = (transfer: Transfer, account: AccountName): bigint =>
  transfer.legs.find((leg) => leg.account === account)?.units ?? 0n;

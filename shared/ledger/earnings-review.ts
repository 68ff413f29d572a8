/**
 * What an operator decides about earnings: to release those that wait for review, or to take back from a
 * supplier linked to the payer what a dispute left owed. Invariants: a release moves all of the account
 * under its version; a claw back never takes more than is there, than is owed, or than was decided, and of
 * another supplier no more than it earned by a hire in which the two counted as one, as its settlements
 * remember: what was found out later takes nothing. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { areLinked } from '../identity/link.ts';
import { debtAccount, type EarningDay, earningAccount, supplierAccount } from './account.ts';
import type { Balance } from './balance.ts';
import { debtAsRead, owedUnits } from './debt.ts';
import { type Touch, writesOf } from './posting.ts';
import { causeOf, type Transfer, unitsOn } from './transfer.ts';

/** What is empty is no longer listed as waiting. */
const unlisted = { remove: ['maturity_pk', 'maturity_sk'] };

interface Plan {
  readonly transfer: Transfer;
  readonly writes: Write[];
}

/** The id of a release names the version of the account that the operator saw. */
export const approvalId = (organisation: string, version: bigint): string =>
  `approve:${organisation}:${version}`;

/** Proposes to release the earnings in review; undefined when there are none. */
export const planApproval = (input: {
  readonly organisation: string;
  /** `earn:{org}:review` as read. */
  readonly earnings: Balance;
  readonly nowMs: number;
}): Plan | undefined => {
  const { organisation, earnings, nowMs } = input;
  const account = earningAccount(organisation, 'review');
  assert(earnings.account === account, `no earnings in review: ${earnings.account}`);
  const { posted: units, version } = earnings;
  if (units === 0n) return undefined;
  const transfer: Transfer = {
    id: approvalId(organisation, version),
    cause: causeOf({ organisation, version }),
    asset: 'usd',
    code: 'review_approval',
    legs: [
      { account, units: -units },
      { account: supplierAccount(organisation), units },
    ],
    atMs: nowMs,
  };
  const touches: Touch[] = [{ account, condition: { equals: { v: version } }, ...unlisted }];
  return { transfer, writes: writesOf({ transfers: [transfer], touches }) };
};

/** An operator's decision against one day account of a supplier. */
export interface ClawBackOrder {
  /** The provider's id of the dispute. */
  readonly disputeId: string;
  readonly supplier: string;
  readonly day: EarningDay;
  /** The most that may be taken: micro-dollars above 0. */
  readonly units: bigint;
  /** What the payer rented from another supplier; undefined where it rented from itself. */
  readonly clusterId?: string | undefined;
}

export const clawBackId = ({ disputeId, supplier, day, clusterId }: ClawBackOrder): string =>
  `claw:${disputeId}:${supplier}:${day}${clusterId === undefined ? '' : `:${clusterId}`}`;

/** The cause of a claw back; a retry must bring the same order. */
export const clawBackCause = ({ disputeId, supplier, day, units }: ClawBackOrder): string =>
  causeOf({ dispute: disputeId, supplier, day, units });

export type ClawBackDecision =
  | ({ readonly outcome: 'taken' } & Plan)
  /** No settlement says that the payer and the supplier counted as one. */
  | { readonly outcome: 'not_linked' }
  /** Nothing is there, or nothing is owed. */
  | { readonly outcome: 'nothing' };

/** Proposes a claw back. Conditions: the earnings at their version, the debt as read. */
export const planClawBack = (
  order: ClawBackOrder & {
    /** The organisation whose payment was disputed. */
    readonly payer: string;
    /** Settlements of the cluster of the order, which the payer rented; none without a cluster. */
    readonly settlements: readonly Transfer[];
    /** The day account, and the payer's debt, as read. */
    readonly earnings: Balance;
    readonly debt: Balance;
    readonly nowMs: number;
  },
): ClawBackDecision => {
  const { supplier, day, payer, settlements, earnings, debt, nowMs } = order;
  const account = earningAccount(supplier, day);
  assert(order.units > 0n, 'a claw back of nothing');
  assert(earnings.account === account, `no earnings of ${supplier}: ${earnings.account}`);
  assert(debt.account === debtAccount(payer), 'the debt of somebody else');
  const linked = new Set(settlements.flatMap(({ settlement }) => settlement?.linked ?? []));
  if (!areLinked(payer, supplier, linked)) return { outcome: 'not_linked' };
  const earned = settlements.reduce((sum, each) => sum + unitsOn(each, account), 0n);
  const takeable = supplier === payer ? earnings.posted : least(earnings.posted, earned);
  const units = least(order.units, takeable, owedUnits(debt));
  if (units === 0n) return { outcome: 'nothing' };
  const transfer: Transfer = {
    id: clawBackId(order),
    cause: clawBackCause(order),
    asset: 'usd',
    code: 'claw_back',
    legs: [
      { account, units: -units },
      { account: debtAccount(payer), units },
    ],
    atMs: nowMs,
  };
  const emptied = units === earnings.posted ? unlisted : {};
  const writes = writesOf({
    transfers: [transfer],
    touches: [
      { account, condition: { equals: { v: earnings.version } }, ...emptied },
      debtAsRead(debt),
    ],
  });
  return { outcome: 'taken', transfer, writes };
};

const least = (first: bigint, ...others: readonly bigint[]): bigint =>
  others.reduce((low, each) => (each < low ? each : low), first);

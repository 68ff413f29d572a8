/**
 * An operator's decisions about earnings: releasing those in review, and clawing back from a supplier
 * linked to the payer what a dispute left owed. Both idempotent: the decision's id is its transfer's. What
 * is to be written with a decision is written in its transaction, or not at all.
 */
import { assert } from '../../shared/core/assert.ts';
import type { Database, Write } from '../../shared/core/database.ts';
import { debtAccount, earningAccount, readAccount } from '../../shared/ledger/account.ts';
import { disputeOpenedId } from '../../shared/ledger/card-reversal.ts';
import {
  approvalId,
  type ClawBackOrder,
  clawBackCause,
  clawBackId,
  planApproval,
  planClawBack,
} from '../../shared/ledger/earnings-review.ts';
import {
  getAccount,
  getHold,
  getTransfer,
  listTransfersByCluster,
} from '../../shared/ledger/ledger-store.ts';
import type { Transfer } from '../../shared/ledger/transfer.ts';
import { commitDecision, type Decision } from './commit-decision.ts';
import type { PostingNeeds } from './post-fact.ts';

export type ReviewOutcome =
  | { readonly outcome: 'posted' | 'already_done'; readonly transfer: Transfer }
  /** Nothing is there, or nothing is owed. */
  | { readonly outcome: 'nothing' };

/** The earnings are no longer those that the operator saw. */
export type ApprovalOutcome = ReviewOutcome | { readonly outcome: 'moved' };

/** Releases the earnings in review, as the operator saw them: `version` of `earn:{org}:review`. */
export const approveEarnings = async (
  needs: PostingNeeds,
  approval: { readonly organisation: string; readonly version: bigint },
  beside: readonly Write[] = [],
): Promise<ApprovalOutcome> => {
  const { organisation, version } = approval;
  const decide = async (): Promise<Decision<ApprovalOutcome>> => {
    const stored = await getTransfer(needs.database, approvalId(organisation, version));
    if (stored) return nothing({ outcome: 'already_done', transfer: stored });
    const account = earningAccount(organisation, 'review');
    const earnings = await getAccount(needs.database, account);
    if (earnings.version !== version) return nothing({ outcome: 'moved' });
    const plan = planApproval({ organisation, earnings, nowMs: needs.clock.nowMs() });
    if (!plan) return nothing({ outcome: 'nothing' });
    const { transfer, writes } = plan;
    const answer = { outcome: 'posted' as const, transfer };
    return { writes: [...writes, ...beside], transfers: [transfer], answer };
  };
  const { answer } = await commitDecision(needs, decide);
  return answer;
};

export type ClawBackOutcome =
  | ReviewOutcome
  | { readonly outcome: 'not_linked' }
  /** No withdrawal is posted under this dispute. */
  | { readonly outcome: 'dispute_unknown' };

/** Takes earnings of a linked supplier for the payer's debt. A BugError for another order of this id. */
export const clawBack = async (
  needs: PostingNeeds,
  order: ClawBackOrder,
  beside: readonly Write[] = [],
): Promise<ClawBackOutcome> => {
  const decide = async (): Promise<Decision<ClawBackOutcome>> => {
    const stored = await getTransfer(needs.database, clawBackId(order));
    if (stored) {
      assert(stored.cause === clawBackCause(order), `${stored.id} exists with another cause`);
      return nothing({ outcome: 'already_done', transfer: stored });
    }
    const dispute = await getTransfer(needs.database, disputeOpenedId(order.disputeId));
    if (!dispute) return nothing({ outcome: 'dispute_unknown' });
    const payer = payerOf(dispute);
    const account = earningAccount(order.supplier, order.day);
    const earnings = await getAccount(needs.database, account);
    const debt = await getAccount(needs.database, debtAccount(payer));
    const settlements = await settlementsOf(needs.database, payer, order.clusterId);
    const nowMs = needs.clock.nowMs();
    const decision = planClawBack({ ...order, payer, settlements, earnings, debt, nowMs });
    if (decision.outcome !== 'taken') return nothing({ outcome: decision.outcome });
    const { transfer, writes } = decision;
    const answer = { outcome: 'posted' as const, transfer };
    return { writes: [...writes, ...beside], transfers: [transfer], answer };
  };
  const { answer } = await commitDecision(needs, decide);
  return answer;
};

/** What was settled of a cluster; nothing where it is not this payer's. */
const settlementsOf = async (
  database: Database,
  payer: string,
  clusterId: string | undefined,
): Promise<readonly Transfer[]> => {
  const hold = clusterId === undefined ? undefined : await getHold(database, clusterId);
  if (hold?.organisation !== payer) return [];
  return listTransfersByCluster(database, hold.clusterId, hold.n);
};

/** Whose payment was disputed: the one customer among the dispute's legs. */
const payerOf = (dispute: Transfer): string => {
  const payers = dispute.legs.flatMap(({ account }) => readAccount(account).organisation ?? []);
  const [payer] = payers;
  assert(payer !== undefined, `${dispute.id} charged nobody`);
  return payer;
};

const nothing = <Answer>(answer: Answer): Decision<Answer> => ({
  writes: [],
  transfers: [],
  answer,
});

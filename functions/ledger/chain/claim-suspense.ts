/**
 * Moves what waits in suspense to the organisation whose it is, or to the platform's own money, once. Whose it
 * is was decided, and fixed, by the caller: a claim of somebody else under the same arrival is an alarm.
 */
import { assert, present } from '../../../shared/core/assert.ts';
import { debtAccount } from '../../../shared/ledger/account.ts';
import { depositId, suspenseOf } from '../../../shared/ledger/chain/deposit.ts';
import {
  type DepositResult,
  depositResultOf,
} from '../../../shared/ledger/chain/deposit-result.ts';
import {
  claimCause,
  claimId,
  type FundingClaim,
  planClaim,
  planFundingClaim,
  type SuspenseClaim,
} from '../../../shared/ledger/chain/suspense-claim.ts';
import { getAccount, getTransfer } from '../../../shared/ledger/ledger-store.ts';
import { type Transfer, unitsOn } from '../../../shared/ledger/transfer.ts';
import { commitDecision, type Decision } from '../commit-decision.ts';
import type { Posted, PostingNeeds } from '../post-fact.ts';

export type ClaimOutcome =
  | (Posted & DepositResult)
  /** Nothing of this arrival waits, or waited, in suspense. */
  | { readonly outcome: 'nothing_in_suspense' }
  /** Our position in IO has no room for it now, or it comes to nothing; it waits on. */
  | { readonly outcome: 'position_limit' | 'worth_nothing' };

/** `positionLimit` as in `postDeposit`. A BugError when another amount waits, or another claimed it. */
export const claimSuspense = async (
  needs: PostingNeeds,
  claim: SuspenseClaim | FundingClaim,
  positionLimit: bigint,
): Promise<ClaimOutcome> => {
  const { outcome, answer } = await commitDecision(needs, () =>
    decide(needs, claim, positionLimit),
  );
  if (!('transfer' in answer)) return answer;
  if (outcome === 'committed') return answer;
  const stored = await getTransfer(needs.database, claimId(claim));
  return resultOf('already_done', present(stored, `${claimId(claim)} vanished`));
};

const resultOf = (outcome: Posted['outcome'], transfer: Transfer): Posted & DepositResult => ({
  outcome,
  transfer,
  ...depositResultOf(transfer),
});

const decide = async (
  needs: PostingNeeds,
  claim: SuspenseClaim | FundingClaim,
  positionLimit: bigint,
): Promise<Decision<ClaimOutcome>> => {
  // Looked up first: what was claimed stays claimed when there is no more room.
  const stored = await getTransfer(needs.database, claimId(claim));
  if (stored) {
    assert(stored.cause === claimCause(claim), `${stored.id} exists with another cause`);
    return { writes: [], transfers: [], answer: resultOf('already_done', stored) };
  }
  const arrived = await getTransfer(needs.database, depositId(claim));
  if (!arrived || unitsOn(arrived, suspenseOf[claim.token]) === 0n) {
    return { writes: [], transfers: [], answer: { outcome: 'nothing_in_suspense' } };
  }
  const nowMs = needs.clock.nowMs();
  const decision =
    'fundingId' in claim
      ? planFundingClaim(claim, { arrived, nowMs })
      : planClaim(claim, {
          ...{ arrived, positionLimit, nowMs },
          debt: await getAccount(needs.database, debtAccount(claim.organisation)),
          position: await getAccount(needs.database, 'fx:io'),
        });
  if (decision.outcome !== 'claimed') return { writes: [], transfers: [], answer: decision };
  const { transfer, others, writes } = decision;
  return { writes, transfers: [transfer, ...others], answer: resultOf('committed', transfer) };
};

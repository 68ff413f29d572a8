/**
 * Ends a payout in the ledger: posts what the chain did, or gives back what was held. Both idempotent, and
 * each is an alarm after the other. What is to be written with it is written in its transaction.
 */
import { present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import { type PayoutFact, planPayout } from '../../../shared/ledger/chain/payout.ts';
import { planPayoutVoid } from '../../../shared/ledger/chain/payout-hold.ts';
import { getPayoutHolds } from '../../../shared/ledger/chain/payout-store.ts';
import { commitDecision, type Decision } from '../commit-decision.ts';
import { type Posted, type PostingNeeds, postFact } from '../post-fact.ts';

/** Posts a finalized payout. A BugError when its holds are missing, given back, or of another amount. */
export const postPayout = (
  needs: PostingNeeds,
  fact: PayoutFact,
  beside: readonly Write[] = [],
): Promise<Posted> =>
  postFact(needs, async () => {
    const plan = planPayout(fact, await readHolds(needs, fact.payoutId), needs.clock.nowMs());
    return { ...plan, writes: [...plan.writes, ...beside] };
  });

export interface PayoutVoidOutcome {
  readonly outcome: 'voided' | 'already_done';
}

/** Gives back what is held for a payout that will not be made. A BugError when it was posted. */
export const voidPayout = async (
  needs: PostingNeeds,
  payout: { readonly payoutId: string },
  beside: readonly Write[] = [],
): Promise<PayoutVoidOutcome> => {
  const { answer } = await commitDecision(needs, async (): Promise<Decision<PayoutVoidOutcome>> => {
    const holds = await readHolds(needs, payout.payoutId);
    if (holds.hold.state === 'void') {
      return { writes: [], transfers: [], answer: { outcome: 'already_done' } };
    }
    const writes = [...planPayoutVoid(holds), ...beside];
    return { writes, transfers: [], answer: { outcome: 'voided' } };
  });
  return answer;
};

const readHolds = async (needs: PostingNeeds, payoutId: string) =>
  present(await getPayoutHolds(needs.database, payoutId), `${payoutId} has no hold`);

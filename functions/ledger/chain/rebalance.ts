/**
 * The ledger's side of an operator's sale or purchase of IO: hold what is sold, and when the chain has
 * finalized it, post it, or give it back. Each step is idempotent and names the rebalancing alone.
 */
import { assert, present } from '../../../shared/core/assert.ts';
import {
  planRebalancing,
  planSaleHold,
  planSaleVoid,
  type RebalancingFact,
  type SaleHold,
} from '../../../shared/ledger/chain/rebalancing.ts';
import { getSaleHold } from '../../../shared/ledger/chain/rebalancing-store.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { commitDecision, type Decision } from '../commit-decision.ts';
import { type Posted, type PostingNeeds, postFact } from '../post-fact.ts';

export type SaleHoldOutcome =
  /** `hold.state` says how far the sale got. */
  | { readonly outcome: 'held'; readonly hold: SaleHold }
  | { readonly outcome: 'position_short'; readonly available: bigint };

/** Holds the IO of a sale, or says what is there. A BugError when the id holds another amount. */
export const takeSaleHold = async (
  needs: PostingNeeds,
  sale: { readonly rebalancingId: string; readonly ioUnits: bigint },
): Promise<SaleHoldOutcome> => {
  const decide = async (): Promise<Decision<SaleHoldOutcome>> => {
    const taken = await getSaleHold(needs.database, sale.rebalancingId);
    if (taken) {
      assert(taken.amount === sale.ioUnits, `${taken.id} is the hold of another sale`);
      return { writes: [], transfers: [], answer: { outcome: 'held', hold: taken } };
    }
    const position = await getAccount(needs.database, 'fx:io');
    const decision = planSaleHold({ ...sale, position, nowMs: needs.clock.nowMs() });
    if (decision.outcome !== 'held') return { writes: [], transfers: [], answer: decision };
    const { hold, writes } = decision;
    return { writes, transfers: [], answer: { outcome: 'held', hold } };
  };
  const { answer } = await commitDecision(needs, decide);
  return answer;
};

/**
 * Posts a finalized sale or purchase. Throws `platform.unavailable` when its transaction was never written
 * down as this rebalancing's own, and a BugError when a sale has no hold, or one that was given back.
 */
export const postRebalancing = (needs: PostingNeeds, fact: RebalancingFact): Promise<Posted> =>
  postFact(needs, async () => {
    const { rebalancingId, direction } = fact;
    const hold = direction === 'sale' ? await readHold(needs, rebalancingId) : undefined;
    return planRebalancing(fact, hold, needs.clock.nowMs());
  });

/** Gives back the IO of a sale that will not be made. A BugError when it was posted. */
export const voidSale = async (
  needs: PostingNeeds,
  sale: { readonly rebalancingId: string },
): Promise<{ readonly outcome: 'voided' | 'already_done' }> => {
  const decide = async (): Promise<Decision<{ readonly outcome: 'voided' | 'already_done' }>> => {
    const hold = await readHold(needs, sale.rebalancingId);
    if (hold.state === 'void') {
      return { writes: [], transfers: [], answer: { outcome: 'already_done' } };
    }
    return { writes: planSaleVoid(hold), transfers: [], answer: { outcome: 'voided' } };
  };
  const { answer } = await commitDecision(needs, decide);
  return answer;
};

const readHold = async (needs: PostingNeeds, rebalancingId: string): Promise<SaleHold> =>
  present(await getSaleHold(needs.database, rebalancingId), `${rebalancingId} has no hold`);

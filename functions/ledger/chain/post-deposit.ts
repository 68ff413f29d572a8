/**
 * Posts what arrived on our token accounts, once for each arrival, whoever saw it and how often. What
 * became of it is as committed: the limit of our position may have turned a credit into suspense.
 */
import type { Write } from '../../../shared/core/database.ts';
import { debtAccount } from '../../../shared/ledger/account.ts';
import { type DepositFact, planDeposit } from '../../../shared/ledger/chain/deposit.ts';
import {
  type DepositResult,
  depositResultOf,
} from '../../../shared/ledger/chain/deposit-result.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { type Posted, type PostingNeeds, postFact } from '../post-fact.ts';

export type DepositPosted = Posted & DepositResult;

/** An arrival's ending, and what is written in its transaction; decided afresh in each round. */
export interface DepositDecision {
  readonly fact: DepositFact;
  readonly beside: readonly Write[];
}

/**
 * Call with an ending that is fixed: another organisation or amount under one arrival is an alarm.
 * `positionLimit` is the most IO that our position may reach by deposits, in base units.
 */
export const postDeposit = (
  needs: PostingNeeds,
  fact: DepositFact,
  positionLimit: bigint,
): Promise<DepositPosted> =>
  postDecidedDeposit(needs, async () => ({ fact, beside: [] }), positionLimit);

/** The same, for an ending that follows from what `decide` reads, and holds to by the writes beside it. */
export const postDecidedDeposit = async (
  needs: PostingNeeds,
  decide: () => Promise<DepositDecision>,
  positionLimit: bigint,
): Promise<DepositPosted> => {
  const posted = await postFact(needs, async () => {
    const { fact, beside } = await decide();
    const { ending } = fact;
    const debt =
      ending.kind === 'credit'
        ? await getAccount(needs.database, debtAccount(ending.organisation))
        : undefined;
    const position = await getAccount(needs.database, 'fx:io');
    const read = { debt, position, positionLimit, nowMs: needs.clock.nowMs() };
    const plan = planDeposit(fact, read);
    return { ...plan, writes: [...plan.writes, ...beside] };
  });
  return { ...posted, ...depositResultOf(posted.transfer) };
};

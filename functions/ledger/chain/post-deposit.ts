/**
 * Posts what arrived on our token accounts, once for each arrival, whoever saw it and how often. What
 * became of it is as committed: the limit of our position may have turned a credit into suspense.
 */
import { debtAccount } from '../../../shared/ledger/account.ts';
import { type DepositFact, planDeposit } from '../../../shared/ledger/chain/deposit.ts';
import {
  type DepositResult,
  depositResultOf,
} from '../../../shared/ledger/chain/deposit-result.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { type Posted, type PostingNeeds, postFact } from '../post-fact.ts';

export type DepositPosted = Posted & DepositResult;

/**
 * Call with an ending that is fixed: another organisation or amount under one arrival is an alarm.
 * `positionLimit` is the most IO that our position may reach by deposits, in base units.
 */
export const postDeposit = async (
  needs: PostingNeeds,
  fact: DepositFact,
  positionLimit: bigint,
): Promise<DepositPosted> => {
  const posted = await postFact(needs, async () => {
    const { ending } = fact;
    const debt =
      ending.kind === 'credit'
        ? await getAccount(needs.database, debtAccount(ending.organisation))
        : undefined;
    const position = await getAccount(needs.database, 'fx:io');
    return planDeposit(fact, { debt, position, positionLimit, nowMs: needs.clock.nowMs() });
  });
  return { ...posted, ...depositResultOf(posted.transfer) };
};

/**
 * Posts card money that goes back without our asking, and what of it returns: disputes and foreign
 * refunds, each once, in any order of arrival, also before the payment's own top-up. What returns is
 * posted after what went, even when it is told first, so nobody spends the same money twice.
 */
import { assert } from '../../shared/core/assert.ts';
import { customerAccount, debtAccount } from '../../shared/ledger/account.ts';
import { type CardPayment, unknownPayment } from '../../shared/ledger/card-payment.ts';
import {
  type DisputeFact,
  type ForeignRefundFact,
  foreignRefundFailureId,
  planDisputeOpened,
  planDisputeWon,
  planForeignRefund,
  planForeignRefundFailure,
} from '../../shared/ledger/card-reversal.ts';
import { getPayment } from '../../shared/ledger/card-store.ts';
import { getAccount, getTransfer } from '../../shared/ledger/ledger-store.ts';
import { unitsOn } from '../../shared/ledger/transfer.ts';
import { type Posted, type PostingNeeds, postFact } from './post-fact.ts';

/** Posts a dispute whose money the provider withdrew. */
export const postDisputeOpened = (needs: PostingNeeds, fact: DisputeFact): Promise<Posted> =>
  postFact(needs, async () => planDisputeOpened({ ...fact, ...(await readCharged(needs, fact)) }));

/** Posts a won dispute, whose money came back whole; `fact.units` is what was withdrawn. */
export const postDisputeWon = async (needs: PostingNeeds, fact: DisputeFact): Promise<Posted> => {
  const opened = await postDisputeOpened(needs, fact);
  assert(unitsOn(opened.transfer, 'ext:stripe') === fact.units, 'another amount came back');
  return postFact(needs, async () => {
    const debt = await getAccount(needs.database, debtAccount(fact.organisation));
    return planDisputeWon({ ...fact, debt, nowMs: needs.clock.nowMs() });
  });
};

/** Posts a refund whose metadata names none of ours. */
export const postForeignRefund = (needs: PostingNeeds, fact: ForeignRefundFact): Promise<Posted> =>
  postFact(needs, async () => planForeignRefund({ ...fact, ...(await readCharged(needs, fact)) }));

/** Takes back a foreign refund that failed later; posts it first where that has not happened yet. */
export const postForeignRefundFailure = async (
  needs: PostingNeeds,
  fact: ForeignRefundFact,
): Promise<Posted> => {
  await postForeignRefund(needs, fact);
  return postFact(needs, async () => {
    const debt = await getAccount(needs.database, debtAccount(fact.organisation));
    // The payment is read before the transfer: what it says is then of the time before the failure.
    const payment = await readPayment(needs, fact);
    const id = foreignRefundFailureId(fact.providerRefundId);
    const stored = await getTransfer(needs.database, id);
    if (stored) return { transfer: stored, writes: [] };
    return planForeignRefundFailure({ ...fact, debt, payment, nowMs: needs.clock.nowMs() });
  });
};

interface Named {
  readonly paymentId: string;
  readonly organisation: string;
}

const readPayment = async (
  needs: PostingNeeds,
  { paymentId, organisation }: Named,
): Promise<CardPayment> =>
  (await getPayment(needs.database, paymentId)) ?? unknownPayment(paymentId, organisation);

const readCharged = async (needs: PostingNeeds, fact: Named) => ({
  payment: await readPayment(needs, fact),
  customer: await getAccount(needs.database, customerAccount(fact.organisation)),
  nowMs: needs.clock.nowMs(),
});

/**
 * The ledger's side of a refund to the card: hold the credit, and when the provider has answered, post
 * the hold, void it, or take a posted refund back. Each step is idempotent and names the refund alone, so
 * a worker that died may run all of them again. The provider is asked between the steps, by the caller.
 */
import { assert, present } from '../../shared/core/assert.ts';
import { debtAccount } from '../../shared/ledger/account.ts';
import {
  planRefund,
  planRefundFailure,
  planRefundHold,
  planRefundVoid,
  type RefundHold,
  type RefundRefusal,
  type RefundRequest,
  refundFailureId,
} from '../../shared/ledger/card-refund.ts';
import { getPayment, getRefund, getRefundHold } from '../../shared/ledger/card-store.ts';
import { getAccount, getCredit, getTransfer } from '../../shared/ledger/ledger-store.ts';
import { commitDecision, type Decision } from './commit-decision.ts';
import { type Posted, type PostingNeeds, postFact } from './post-fact.ts';

export type RefundHoldOutcome =
  /** `hold.state` says how far the refund got: open, closed (posted) or void. */
  { readonly outcome: 'held'; readonly hold: RefundHold } | RefundRefusal;

/** Holds the credit of a refund, or says why not. A BugError when the id holds another refund. */
export const takeRefundHold = async (
  needs: PostingNeeds,
  request: RefundRequest,
): Promise<RefundHoldOutcome> => {
  const { refundId, paymentId, organisation } = request;
  const { answer } = await commitDecision(needs, async (): Promise<Decision<RefundHoldOutcome>> => {
    const taken = await getRefundHold(needs.database, refundId);
    if (taken) {
      assertSame(taken, request);
      return { writes: [], transfers: [], answer: { outcome: 'held', hold: taken } };
    }
    const payment = await getPayment(needs.database, paymentId);
    const credit = await getCredit(needs.database, organisation);
    const nowMs = needs.clock.nowMs();
    const decision = planRefundHold({ ...request, ...credit, payment, nowMs });
    if (decision.outcome !== 'held') return { writes: [], transfers: [], answer: decision };
    const { hold, writes } = decision;
    return { writes, transfers: [], answer: { outcome: 'held', hold } };
  });
  return answer;
};

const assertSame = (hold: RefundHold, request: RefundRequest): void => {
  const { refundId, paymentId, organisation, units } = request;
  const same =
    hold.paymentId === paymentId && hold.organisation === organisation && hold.amount === units;
  assert(same, `${refundId} is the id of another refund`);
};

/** Posts a refund that the provider accepted. A BugError when its hold is missing or was given back. */
export const postRefund = (needs: PostingNeeds, refund: ProviderRefund): Promise<Posted> =>
  postFact(needs, async () => {
    const { refundId, providerRefundId } = refund;
    const hold = present(await getRefundHold(needs.database, refundId), `${refundId} has no hold`);
    return planRefund({ hold, providerRefundId, nowMs: needs.clock.nowMs() });
  });

/** A refund of ours as the provider knows it. */
export interface ProviderRefund {
  readonly refundId: string;
  /** The provider's id of the refund. */
  readonly providerRefundId: string;
}

export interface RefundVoidOutcome {
  readonly outcome: 'voided' | 'already_done';
}

/**
 * Gives back the hold of a refund that the provider refused for good (`charge_disputed`): never after a
 * time-out, for the refund may have happened. A BugError when it was posted.
 */
export const voidRefund = async (
  needs: PostingNeeds,
  refund: { readonly refundId: string },
): Promise<RefundVoidOutcome> => {
  const committed = await commitDecision(needs, async (): Promise<Decision<RefundVoidOutcome>> => {
    const found = await readRefund(needs, refund.refundId);
    if (found.hold.state === 'void') {
      return { writes: [], transfers: [], answer: { outcome: 'already_done' } };
    }
    return { ...planRefundVoid(found), answer: { outcome: 'voided' } };
  });
  // Another worker's void may have paid the debt first: then its payment is there, and so is the void.
  return committed.outcome === 'already_done' ? { outcome: 'already_done' } : committed.answer;
};

/**
 * Takes back a refund that the provider accepted and that failed later; posts it first where that has
 * not happened yet, for the provider booked both.
 */
export const postRefundFailure = async (
  needs: PostingNeeds,
  refund: ProviderRefund,
): Promise<Posted> => {
  await postRefund(needs, refund);
  return postFact(needs, async () => {
    // The payment is read before the transfer: what it says is then of the time before the failure.
    const found = await readRefund(needs, refund.refundId);
    const stored = await getTransfer(needs.database, refundFailureId(refund.refundId));
    return stored ? { transfer: stored, writes: [] } : planRefundFailure(found);
  });
};

const readRefund = async (needs: PostingNeeds, refundId: string) => {
  const refund = present(await getRefund(needs.database, refundId), `${refundId} has no hold`);
  const debt = await getAccount(needs.database, debtAccount(refund.hold.organisation));
  return { ...refund, debt, nowMs: needs.clock.nowMs() };
};

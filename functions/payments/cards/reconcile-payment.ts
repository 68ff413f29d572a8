/**
 * Brings the ledger to what the provider says of one payment now: its credit, its refunds, its disputes,
 * and what the provider took for each; a dispute or a warning of fraud freezes the organisation and closes
 * what it has begun to pay. Everything is fetched and posted under ids of the provider's own, so it may run
 * for every event of the payment, twice at once, and again after it died at any line. What it has posted it
 * then notes on the top-up, the refunds and the card account.
 */
import { assert, present } from '../../../shared/core/assert.ts';
import { microsOfCents } from '../../../shared/core/money.ts';
import type {
  BalanceTransaction,
  CardDispute,
  CardRefund,
  ProviderPayment,
} from '../../../shared/core/provider-payment.ts';
import {
  changedCardAccount,
  endAutoTopUp,
  refuseTopUp,
} from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { casesOf } from '../../../shared/payments/cards/card-freeze.ts';
import { movesOf } from '../../../shared/payments/cards/dispute-moves.ts';
import { isPaidBy, type TopUp, topUpAfter } from '../../../shared/payments/cards/top-up.ts';
import { getTopUp, putTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import { noteTie } from '../../identity/note-tie.ts';
import { retryRefused } from '../../kit/retry.ts';
import {
  postDisputeOpened,
  postDisputeWon,
  postForeignRefund,
  postForeignRefundFailure,
} from '../../ledger/post-card-reversal.ts';
import { postProviderCost } from '../../ledger/post-provider-money.ts';
import { postTopUp } from '../../ledger/post-top-up.ts';
import { ioPriceNow } from '../prices/token-prices.ts';
import { closeTopUps } from './close-top-ups.ts';
import { followRefund } from './follow-refund.ts';
import { freezeCards } from './freeze-cards.ts';
import type { PaymentNeeds } from './payment-needs.ts';

export const reconcilePayment = async (
  needs: PaymentNeeds,
  paymentId: string,
  news: { readonly fraudWarning?: boolean } = {},
): Promise<void> => {
  const payment = await (await needs.stripe()).getPayment(paymentId);
  if (payment === undefined || payment.topUpId === null) {
    // Somebody took it at the provider's: the daily comparison shows its money.
    needs.log.warn('payment.not_ours', { payment_id: paymentId });
    return;
  }
  assert(payment.liveMode === (needs.keyMode === 'live'), `${paymentId} is of the other mode`);
  const topUp = present(
    await getTopUp(needs.database, payment.topUpId),
    `${paymentId} names a top-up that never was`,
  );
  // First of all: until the money is posted nothing of it shall be spent.
  const cases = casesOf(payment, news.fraudWarning === true);
  await freezeCards(needs, topUp.organisation, cases);
  if (cases.length > 0) await closeTopUps(needs, topUp.organisation);
  const isPaid = isPaidBy(topUp, payment);
  if (isPaid) await postCredit(needs, topUp, payment);
  for (const refund of payment.refunds) await postRefundOf(needs, topUp, payment, refund);
  for (const dispute of payment.disputes) await postDispute(needs, topUp, payment, dispute);
  await noteTopUp(needs, topUp.id, payment);
};

const postCredit = async (
  needs: PaymentNeeds,
  topUp: TopUp,
  payment: ProviderPayment,
): Promise<void> => {
  const { organisation } = topUp;
  const card = payment.charge?.cardFingerprint ?? null;
  if (card !== null) {
    const paidWith = { organisation, tie: 'holder', atMs: needs.clock.nowMs() } as const;
    await noteTie(needs, { kind: 'card', value: card, ...paidWith });
  }
  await postTopUp(needs, {
    paymentId: payment.id,
    organisation,
    units: topUp.units,
    feeUnits: topUp.feeUnits,
    liabilityShifted: payment.charge?.liabilityShifted ?? false,
    ioPrice: await ioPriceNow(needs),
  });
  const transaction = payment.charge?.transaction;
  if (transaction) await postCost(needs, transaction);
};

const postCost = async (
  needs: PaymentNeeds,
  { id, feeCents }: BalanceTransaction,
): Promise<void> => {
  if (feeCents === 0n) return;
  await postProviderCost(needs, { transactionId: id, units: microsOfCents(feeCents) });
};

const postRefundOf = async (
  needs: PaymentNeeds,
  { organisation }: TopUp,
  payment: ProviderPayment,
  refund: CardRefund,
): Promise<void> => {
  if (refund.refundId !== null) return followRefund(needs, refund.refundId, refund);
  const fact = {
    providerRefundId: refund.id,
    paymentId: payment.id,
    organisation,
    units: microsOfCents(refund.amountCents),
  };
  const hasFailed = refund.status === 'failed' || refund.status === 'canceled';
  if (hasFailed) await postForeignRefundFailure(needs, fact);
  else await postForeignRefund(needs, fact);
};

const postDispute = async (
  needs: PaymentNeeds,
  { organisation }: TopUp,
  payment: ProviderPayment,
  dispute: CardDispute,
): Promise<void> => {
  const { moves, leftOver } = movesOf(dispute);
  for (const { id: disputeId, cents, isWon } of moves) {
    const units = microsOfCents(cents);
    const fact = { disputeId, paymentId: payment.id, organisation, units };
    await postDisputeOpened(needs, fact);
    if (isWon) await postDisputeWon(needs, fact);
  }
  for (const transaction of dispute.transactions) await postCost(needs, transaction);
  // The ledger knows no dispute that is won in part: what was taken stays taken, and an alarm rings.
  assert(leftOver.length === 0, `${dispute.id} gave back ${leftOver.join(' and ')} cents, not all`);
};

/** Notes on the top-up and the card account what has become of the payment. */
const noteTopUp = (needs: PaymentNeeds, topUpId: string, payment: ProviderPayment): Promise<void> =>
  retryRefused(needs, async () => {
    const nowMs = needs.clock.nowMs();
    const topUp = present(await getTopUp(needs.database, topUpId), `${topUpId} is gone`);
    const after = topUpAfter(topUp, payment, nowMs);
    // The account first: a process that ends in between finds the top-up unfinished and comes back.
    await noteAccount(needs, after, nowMs);
    if (after !== topUp) await needs.database.write(putTopUp(after));
  });

const noteAccount = async (needs: PaymentNeeds, topUp: TopUp, nowMs: number): Promise<void> => {
  const { id, units, status, organisation } = topUp;
  const account = await getCardAccount(needs.database, organisation);
  let next = account;
  if (status === 'succeeded') {
    next = endAutoTopUp(next, { id, units }, 'succeeded', nowMs);
    if (next.firstPaidAtMs === null) next = changedCardAccount(next, { firstPaidAtMs: nowMs });
  }
  if (status === 'failed' || (status === 'action_required' && topUp.source === 'automatic')) {
    next = endAutoTopUp(next, { id, units }, status, nowMs);
    next = status === 'failed' ? refuseTopUp(next, id) : next;
  }
  if (next === account) return;
  // Several changes are one write.
  await needs.database.write(putCardAccount({ ...next, version: account.version + 1 }));
};

/**
 * Carries a refund to its end: holds the credit, asks the provider, posts or gives back. Each step is
 * idempotent, and the provider is looked at before it is asked again, so a process that died anywhere is
 * made up for by calling this once more.
 */

import { present } from '../../../shared/core/assert.ts';
import { centsOfMicros } from '../../../shared/core/money.ts';
import type { CardRefund } from '../../../shared/core/provider-payment.ts';
import { movedRefund, type Refund } from '../../../shared/payments/cards/refund.ts';
import { getRefund, putRefund } from '../../../shared/payments/cards/refund-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import { commit } from '../../kit/transaction.ts';
import {
  postRefund,
  postRefundFailure,
  takeRefundHold,
  voidRefund,
} from '../../ledger/refund-to-card.ts';
import type { PaymentNeeds } from './payment-needs.ts';

/** Posts what the provider says of one of our refunds. */
export const followRefund = async (
  needs: PaymentNeeds,
  refundId: string,
  { id: providerRefundId, status }: CardRefund,
): Promise<void> => {
  const fact = { refundId, providerRefundId };
  if (status === 'failed' || status === 'canceled') {
    await postRefundFailure(needs, fact);
    await note(needs, refundId, (refund) => movedRefund(refund, 'failed', { providerRefundId }));
    return;
  }
  await postRefund(needs, fact);
  await note(needs, refundId, (refund) =>
    refund.status === 'pending' ? movedRefund(refund, 'succeeded', { providerRefundId }) : refund,
  );
};

/** Goes on with a refund that is not done. */
export const carryOutRefund = async (needs: PaymentNeeds, refund: Refund): Promise<Refund> => {
  if (refund.status !== 'pending') return refund;
  const { id: refundId, paymentId, organisation, units } = refund;
  const hold = await takeRefundHold(needs, { refundId, paymentId, organisation, units });
  if (hold.outcome !== 'held') {
    const reason = hold.outcome;
    return note(needs, refundId, (asRead) => movedRefund(asRead, 'refused', { reason }));
  }
  if (hold.hold.state === 'void') {
    // Who gave it back died before it said so.
    return note(needs, refundId, (asRead) => movedRefund(asRead, 'refused', { reason: 'refused' }));
  }
  const stripe = await needs.stripe();
  // The provider forgets its keys after a day; what it has made it never forgets.
  const payment = await stripe.getPayment(paymentId);
  const made = payment?.refunds.find((one) => one.refundId === refundId);
  if (made) {
    await followRefund(needs, refundId, made);
    return present(await getRefund(needs.database, refundId), `${refundId} is gone`);
  }
  const answer = await stripe.createRefund({ refundId, paymentId, cents: centsOfMicros(units) });
  if (answer.outcome === 'refused') {
    await voidRefund(needs, { refundId });
    const reason = answer.code;
    return note(needs, refundId, (asRead) => movedRefund(asRead, 'refused', { reason }));
  }
  const providerRefundId = answer.id;
  await postRefund(needs, { refundId, providerRefundId });
  return note(needs, refundId, (asRead) =>
    asRead.status === 'pending' ? movedRefund(asRead, 'succeeded', { providerRefundId }) : asRead,
  );
};

/** Writes what the refund becomes; nothing when it is that already. */
const note = (
  needs: PaymentNeeds,
  refundId: string,
  change: (asRead: Refund) => Refund,
): Promise<Refund> =>
  retryRefused(needs, async () => {
    const asRead = present(await getRefund(needs.database, refundId), `${refundId} is gone`);
    const next = change(asRead);
    if (next !== asRead) await commit(needs, putRefund(next));
    return next;
  });

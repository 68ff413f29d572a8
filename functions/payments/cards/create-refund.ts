/**
 * POST /v1/refunds: gives unspent credit of a top-up back to its card. The refund is kept first, then carried
 * out at once; what cannot be finished now, a schedule finishes.
 */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import { isWholeCents, moneyFromJson } from '../../../shared/core/money.ts';
import type { Refund } from '../../../shared/payments/cards/refund.ts';
import {
  type createRefundSchema,
  refundToJson,
} from '../../../shared/payments/cards/refund-schemas.ts';
import { getRefund, putRefund } from '../../../shared/payments/cards/refund-store.ts';
import { requireTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import type { Call } from '../../kit/route.ts';
import { commit } from '../../kit/transaction.ts';
import { carryOutRefund } from './follow-refund.ts';
import type { PaymentNeeds } from './payment-needs.ts';

type Body = z.output<typeof createRefundSchema>;

export const createRefund = async (
  needs: PaymentNeeds,
  call: Call<'key', unknown, unknown, Body>,
) => {
  const { organisationId: organisation } = call.caller;
  const refundId = call.newId('rfd');
  const kept = await getRefund(needs.database, refundId);
  const refund = kept ?? (await keepRefund(needs, call, { refundId, organisation }));
  const carried = await carryOutRefund(needs, refund);
  if (carried.status === 'refused') throw refusalOf(carried);
  return refundToJson(carried);
};

const keepRefund = async (
  needs: PaymentNeeds,
  call: Call<'key', unknown, unknown, Body>,
  { refundId, organisation }: { readonly refundId: Refund['id']; readonly organisation: string },
): Promise<Refund> => {
  const { units } = moneyFromJson(call.body.amount);
  const topUp = await requireTopUp(needs.database, organisation, call.body.top_up_id);
  if (topUp.status !== 'succeeded' || topUp.paymentId === null) {
    throw new AppError('refund.not_paid');
  }
  if (!isWholeCents(units) || units > topUp.units) {
    throw new AppError('refund.amount_out_of_range', { extra: { maximum: String(topUp.units) } });
  }
  const refund: Refund = {
    id: refundId,
    organisation,
    topUpId: topUp.id,
    paymentId: topUp.paymentId,
    units,
    status: 'pending',
    providerRefundId: null,
    reason: null,
    createdAtMs: call.nowMs,
    version: 1,
  };
  await commit(needs, putRefund(refund));
  return refund;
};

const sentences: Readonly<Record<string, string>> = {
  payment_disputed: 'The payment was disputed; its money is with the card’s bank.',
  charge_disputed: 'The payment was disputed; its money is with the card’s bank.',
  not_refundable: 'More than is left of this payment.',
  debt: 'The organisation owes more than it has; what it owes is paid first.',
  credit_spent: 'The credit is spent, or held for clusters that run.',
};

const refusalOf = ({ id, reason }: Refund): AppError =>
  new AppError('refund.refused', {
    message: sentences[reason ?? ''] ?? 'The card provider refused the refund.',
    extra: { refund_id: id, reason },
  });

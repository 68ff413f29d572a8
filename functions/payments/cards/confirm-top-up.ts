/**
 * POST /v1/top-ups/{top_up_id}/confirm: the holder of a card confirms a payment that their bank refused
 * because they were not there. It is the same payment with the same card, so it is paid at most once,
 * however often this is asked; the answer's `url` is where the holder goes, or the top-up is paid at once.
 */
import type * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import {
  type confirmTopUpSchema,
  topUpToJson,
} from '../../../shared/payments/cards/top-up-schemas.ts';
import { requireTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import type { Call } from '../../kit/route.ts';
import { admitTry } from './admit-top-up.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';

type Body = z.output<typeof confirmTopUpSchema>;

export const confirmTopUp = async (
  needs: PaymentNeeds,
  call: Call<'key', { readonly top_up_id: string }, unknown, Body>,
) => {
  const { organisationId } = call.caller;
  const read = () => requireTopUp(needs.database, organisationId, call.params.top_up_id);
  const asRead = await read();
  const { id, status } = asRead;
  if (status === 'succeeded') return topUpToJson(asRead);
  if (status !== 'action_required') {
    throw new AppError('top_up.wrong_status', { extra: { top_up_status: status } });
  }
  const paymentId = present(asRead.paymentId, `${id} has no payment`);
  // What nobody told us yet: an attempt whose answer was lost, a page that is open already.
  await reconcilePayment(needs, paymentId);
  const topUp = await read();
  if (topUp.status !== 'action_required' || topUp.url !== null) return topUpToJson(topUp);
  await admitTry(needs, topUp, call.nowMs);
  await (await needs.stripe()).confirmPayment({
    paymentId,
    key: call.newId('req'),
    returnUrl: call.body.success_url,
  });
  await reconcilePayment(needs, paymentId);
  return topUpToJson(await read());
};

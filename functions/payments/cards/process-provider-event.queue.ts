/**
 * What follows from an event of the card provider: the state of its payment is fetched, and the ledger is
 * brought to it. An event that is processed twice, or late, or before another, changes nothing that was
 * not so anyway.
 */
import * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import { readProviderEvent } from '../../../shared/payments/cards/provider-event.ts';
import {
  getProviderEvent,
  markProviderEvent,
} from '../../../shared/payments/cards/provider-event-store.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcileCheckout } from './reconcile-checkout.ts';
import { reconcilePayment } from './reconcile-payment.ts';

export const providerEventMessage = z.strictObject({ event_id: z.string() });

export const processProviderEvent = async (
  needs: PaymentNeeds,
  { event_id }: z.output<typeof providerEventMessage>,
): Promise<void> => {
  const kept = present(await getProviderEvent(needs.database, event_id), `${event_id} is not kept`);
  if (kept.processedAtMs !== null) return;
  const { subject } = present(readProviderEvent(kept.body), `${event_id} is no event`);
  if (subject.kind === 'payment') await reconcilePayment(needs, subject.paymentId);
  if (subject.kind === 'checkout') await reconcileCheckout(needs, subject.checkoutId);
  if (subject.kind === 'fraud_warning') {
    const fraudWarning = await (await needs.stripe()).hasFraudWarning(subject.paymentId);
    await reconcilePayment(needs, subject.paymentId, { fraudWarning });
  }
  await needs.database.write(markProviderEvent(event_id, needs.clock.nowMs()));
};

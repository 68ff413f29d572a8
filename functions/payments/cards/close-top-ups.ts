/**
 * Closes what an organisation whose cards are frozen has begun to pay: the provider's pages and payments that
 * wait for their holder. What is paid already stays paid; the provider's events tell what was closed.
 */
import { getCardAccount } from '../../../shared/payments/cards/card-account-store.ts';
import { getTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import type { PaymentNeeds } from './payment-needs.ts';

/** Does nothing unless the cards are frozen. Only top-ups of the last day can be open still. */
export const closeTopUps = async (needs: PaymentNeeds, organisation: string): Promise<void> => {
  const { frozen, recent } = await getCardAccount(needs.database, organisation);
  if (!frozen) return;
  const stripe = await needs.stripe();
  for (const { topUpId } of recent) {
    const topUp = await getTopUp(needs.database, topUpId);
    if (topUp?.status !== 'pending' && topUp?.status !== 'action_required') continue;
    const { checkoutId, paymentId } = topUp;
    await stripe.closePayment({ checkoutId, paymentId });
  }
};

/**
 * Brings a top-up to what became of the provider's page: its payment, or that it closed unused. Whose page it
 * is the provider says and the top-up confirms; an event names the page alone.
 */

import { dismissTopUp } from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { changedTopUp } from '../../../shared/payments/cards/top-up.ts';
import { getTopUp, putTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import { commit } from '../../kit/transaction.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';

export const reconcileCheckout = async (needs: PaymentNeeds, checkoutId: string): Promise<void> => {
  const page = await (await needs.stripe()).getCheckoutPayment(checkoutId);
  // Somebody's own page at the provider's, or one on which a card is saved without paying.
  if (page === undefined || page.topUpId === null) return;
  if (page.paymentId !== null) await reconcilePayment(needs, page.paymentId);
  if (page.isExpired) await expireTopUp(needs, page.topUpId, checkoutId);
};

/** Ends a top-up whose page closed, and gives back the room that it took below the limits. */
const expireTopUp = (needs: PaymentNeeds, topUpId: string, checkoutId: string): Promise<void> =>
  retryRefused(needs, async () => {
    const topUp = await getTopUp(needs.database, topUpId);
    if (topUp?.status !== 'pending') return;
    // The page is noted after it is made: a process may have ended in between.
    if (topUp.checkoutId !== null && topUp.checkoutId !== checkoutId) return;
    const account = await getCardAccount(needs.database, topUp.organisation);
    const dismissed = dismissTopUp(account, topUpId);
    await commit(needs, [
      putTopUp(changedTopUp(topUp, { status: 'expired', url: null })),
      ...(dismissed === account ? [] : [putCardAccount(dismissed)]),
    ]);
  });

/**
 * Brings a top-up to what became of the provider's page: its payment, or that it closed unused.
 */

import { dismissTopUp } from '../../shared/payments/card-account.ts';
import { getCardAccount, putCardAccount } from '../../shared/payments/card-account-store.ts';
import { changedTopUp } from '../../shared/payments/top-up.ts';
import { getTopUp, putTopUp } from '../../shared/payments/top-up-store.ts';
import { retryRefused } from '../kit/retry.ts';
import { commit } from '../kit/transaction.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';

export const reconcileCheckout = async (
  needs: PaymentNeeds,
  page: { readonly checkoutId: string; readonly topUpId: string | null },
): Promise<void> => {
  if (page.topUpId === null) return;
  const { paymentId, isExpired } = await (await needs.stripe()).getCheckoutPayment(page.checkoutId);
  if (paymentId !== null) await reconcilePayment(needs, paymentId);
  if (isExpired) await expireTopUp(needs, page.topUpId);
};

/** Ends a top-up whose page closed, and gives back the room that it took below the limits. */
const expireTopUp = (needs: PaymentNeeds, topUpId: string): Promise<void> =>
  retryRefused(needs, async () => {
    const topUp = await getTopUp(needs.database, topUpId);
    if (topUp?.status !== 'pending') return;
    const account = await getCardAccount(needs.database, topUp.organisation);
    const dismissed = dismissTopUp(account, topUpId);
    await commit(needs, [
      putTopUp(changedTopUp(topUp, { status: 'expired', url: null })),
      ...(dismissed === account ? [] : [putCardAccount(dismissed)]),
    ]);
  });

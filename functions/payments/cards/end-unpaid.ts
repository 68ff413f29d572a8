/**
 * Ends an automatic top-up that was begun and is not charged any more: cards were frozen since, it was switched
 * off, or nobody heard of it for too long. The provider is asked first; what it has of it decides.
 */
import { present } from '../../../shared/core/assert.ts';
import type { CardFailure } from '../../../shared/core/provider-payment.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { type CardAccount, endAutoTopUp } from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { changedTopUp, type TopUp } from '../../../shared/payments/cards/top-up.ts';
import { getTopUp, putTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import { commit } from '../../kit/transaction.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';

/** The provider remembers a payment's key for a day: after half of it nobody asks under that key again. */
const askAgainMsMax = 12 * hourMs;

/** Why a top-up that was begun is not charged any more. */
export interface Obstacle {
  readonly end: 'failed' | 'withdrawn';
  readonly failure: CardFailure;
}

const obstacle = (end: Obstacle['end'], code: string, message: string): Obstacle => ({
  end,
  failure: { code, declineCode: null, message },
});

/** Why the top-up is not charged any more; undefined: it may be. */
export const obstacleOf = (
  { frozen, auto }: CardAccount,
  { createdAtMs }: TopUp,
  nowMs: number,
): Obstacle | undefined => {
  if (frozen) {
    const words = 'The card was not charged, for cards are frozen here. Ask support what to do.';
    return obstacle('withdrawn', 'card_frozen', words);
  }
  if (!auto?.enabled) {
    const words = 'The card was not charged, for automatic top-ups were switched off before.';
    return obstacle('withdrawn', 'auto_top_up_off', words);
  }
  if (nowMs - createdAtMs <= askAgainMsMax) return undefined;
  const words = 'The card was not charged, for the provider could not be reached for half a day.';
  return obstacle('failed', 'given_up', words);
};

/**
 * Ends a top-up that is not charged any more, unless the provider has its payment: then that decides. A run
 * that is charging at this moment may still be paid: its event credits it all the same.
 */
export const endUnpaid = async (
  needs: PaymentNeeds,
  { id, organisation, createdAtMs }: TopUp,
  customerId: string | null,
  { end, failure }: Obstacle,
): Promise<void> => {
  const order = { topUpId: id, sinceMs: createdAtMs - hourMs };
  const paymentId =
    customerId === null
      ? undefined
      : await (await needs.stripe()).findPayment({ ...order, customerId });
  if (paymentId !== undefined) return reconcilePayment(needs, paymentId);
  await retryRefused(needs, async () => {
    const topUp = present(await getTopUp(needs.database, id), `${id} is gone`);
    if (topUp.status !== 'pending') return;
    const log = end === 'failed' ? needs.log.error : needs.log.warn;
    log('top_up.given_up', { top_up_id: id, organisation_id: organisation, code: failure.code });
    const account = await getCardAccount(needs.database, organisation);
    await commit(needs, [
      putTopUp(changedTopUp(topUp, { status: 'failed', failure })),
      putCardAccount({
        ...endAutoTopUp(account, topUp, end, needs.clock.nowMs()),
        version: account.version + 1,
      }),
    ]);
  });
};

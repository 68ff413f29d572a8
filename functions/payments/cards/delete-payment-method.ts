/**
 * DELETE /v1/payment-methods/{payment_method_id}: the provider forgets the card. An automatic top-up that
 * used it is switched off before.
 */
import { AppError } from '../../../shared/core/errors.ts';
import { changedCardAccount } from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import type { PaymentNeeds } from './payment-needs.ts';

export const deletePaymentMethod = async (
  needs: PaymentNeeds,
  call: Call<'key', { readonly payment_method_id: string }, unknown, unknown>,
) => {
  const { payment_method_id: id } = call.params;
  const customerId = await switchOff(needs, call.caller.organisationId, id);
  const removed =
    customerId !== null && (await (await needs.stripe()).removeSavedCard(customerId, id));
  if (!removed) throw new AppError('card.not_found');
  return { id, object: 'payment_method' as const, deleted: true as const };
};

/** No automatic top-up uses the card any more; answers the organisation's customer. */
const switchOff = (
  needs: PaymentNeeds,
  organisation: string,
  cardId: string,
): Promise<string | null> =>
  retryRefused(needs, async () => {
    const account = await getCardAccount(needs.database, organisation);
    const { auto } = account;
    if (auto?.enabled && auto.cardId === cardId) {
      const off = changedCardAccount(account, { auto: { ...auto, enabled: false } });
      await needs.database.write(putCardAccount(off));
    }
    return account.customerId;
  });

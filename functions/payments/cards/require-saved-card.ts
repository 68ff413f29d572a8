/** Refuses a card that the organisation has not saved: somebody else's looks like an unknown one. */
import { AppError } from '../../../shared/core/errors.ts';
import { getCardAccount } from '../../../shared/payments/cards/card-account-store.ts';
import type { PaymentNeeds } from './payment-needs.ts';

/** Throws `card.not_found`. */
export const requireSavedCard = async (
  needs: PaymentNeeds,
  organisation: string,
  cardId: string,
): Promise<void> => {
  const { customerId } = await getCardAccount(needs.database, organisation);
  const cards = customerId === null ? [] : await (await needs.stripe()).listSavedCards(customerId);
  if (!cards.some(({ id }) => id === cardId)) throw new AppError('card.not_found');
};

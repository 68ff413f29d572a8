/** GET /v1/payment-methods: the organisation's saved cards, as the provider has them now. */
import { toList } from '../../../shared/core/wire.ts';
import { getCardAccount } from '../../../shared/payments/cards/card-account-store.ts';
import { paymentMethodToJson } from '../../../shared/payments/cards/top-up-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { PaymentNeeds } from './payment-needs.ts';

export const listPaymentMethods = async (
  needs: PaymentNeeds,
  call: Call<'key', unknown, unknown, unknown>,
) => {
  const { customerId } = await getCardAccount(needs.database, call.caller.organisationId);
  if (customerId === null) return toList([], undefined);
  const cards = await (await needs.stripe()).listSavedCards(customerId);
  return toList(cards.map(paymentMethodToJson), undefined);
};

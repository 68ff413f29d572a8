/** POST /v1/payment-methods: a page of the provider's on which the customer saves a card without paying. */
import type * as z from 'zod';
import type { createPaymentMethodSchema } from '../../../shared/payments/cards/top-up-schemas.ts';
import type { Call } from '../../kit/route.ts';
import { admitTry } from './admit-top-up.ts';
import { ensureCustomer } from './ensure-customer.ts';
import type { PaymentNeeds } from './payment-needs.ts';

export const createPaymentMethod = async (
  needs: PaymentNeeds,
  call: Call<'key', unknown, unknown, z.output<typeof createPaymentMethodSchema>>,
) => {
  const { organisationId: organisation } = call.caller;
  // Follows from the request's Idempotency-Key, so that a repetition opens the same page.
  const key = call.newId('req');
  await admitTry(needs, { id: key, organisation, units: 0n }, call.nowMs);
  const customerId = await ensureCustomer(needs, organisation);
  const { url } = await (await needs.stripe()).createCardSetup({
    key,
    customerId,
    successUrl: call.body.success_url,
    cancelUrl: call.body.cancel_url ?? call.body.success_url,
  });
  return { object: 'payment_method_setup' as const, url };
};

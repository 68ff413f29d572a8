/**
 * POST /v1/top-ups: a customer buys credit by card, on the provider's page or with a saved card. The amount
 * and the fee are the platform's; nothing is credited here but what the provider then says was paid. A
 * repetition with the same Idempotency-Key is the same top-up, whatever came between.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { centsOfMicros, isWholeCents, moneyFromJson } from '../../shared/core/money.ts';
import { hourMs } from '../../shared/core/time.ts';
import { isProven } from '../../shared/payments/card-account.ts';
import { getCardAccount } from '../../shared/payments/card-account-store.ts';
import {
  changedTopUp,
  payableCents,
  type TopUp,
  topUpUnitsMax,
  topUpUnitsMin,
} from '../../shared/payments/top-up.ts';
import { type createTopUpSchema, topUpToJson } from '../../shared/payments/top-up-schemas.ts';
import { putTopUp, requireTopUp } from '../../shared/payments/top-up-store.ts';
import type { Call } from '../kit/route.ts';
import { admitTopUp } from './admit-top-up.ts';
import { ensureCustomer } from './ensure-customer.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';

type Body = z.output<typeof createTopUpSchema>;

/** How long the provider's page stays open. */
const pageOpenMs = hourMs;

export const createTopUp = async (
  needs: PaymentNeeds,
  call: Call<'key', unknown, unknown, Body>,
) => {
  const { organisationId: organisation } = call.caller;
  const { nowMs, body } = call;
  const units = requireTopUpAmount(moneyFromJson(body.amount).units);
  const isPage = body.payment_method_id === undefined;
  const topUp = await admitTopUp(needs, {
    id: call.newId('top'),
    organisation,
    source: isPage ? 'checkout' : 'saved_card',
    units,
    nowMs,
    expiresAtMs: isPage ? nowMs + pageOpenMs : null,
  });
  const customerId = await ensureCustomer(needs, organisation);
  if (body.payment_method_id === undefined) {
    return topUpToJson(await openPage(needs, topUp, customerId, body));
  }
  // A resumed attempt may find it paid already.
  if (topUp.paymentId !== null) return topUpToJson(topUp);
  const payment = await (await needs.stripe()).payWithSavedCard({
    topUpId: topUp.id,
    organisation,
    customerId,
    paymentMethodId: body.payment_method_id,
    cents: payableCents(topUp),
    returnUrl: body.success_url,
  });
  await reconcilePayment(needs, payment.id);
  return topUpToJson(await requireTopUp(needs.database, organisation, topUp.id));
};

/** Whole cents within the bounds. */
export const requireTopUpAmount = (units: bigint): bigint => {
  const isWhole = isWholeCents(units);
  if (isWhole && units >= topUpUnitsMin && units <= topUpUnitsMax) return units;
  throw new AppError('top_up.amount_out_of_range', {
    extra: { minimum: topUpUnitsMin.toString(), maximum: topUpUnitsMax.toString() },
  });
};

/** The provider's page; it is made once, and shown again to who asks again. */
const openPage = async (
  needs: PaymentNeeds,
  topUp: TopUp,
  customerId: string,
  body: Body,
): Promise<TopUp> => {
  if (topUp.checkoutId !== null) return topUp;
  const account = await getCardAccount(needs.database, topUp.organisation);
  const page = await (await needs.stripe()).createCheckout({
    topUpId: topUp.id,
    organisation: topUp.organisation,
    customerId,
    lines: [
      { name: 'Credits', cents: centsOfMicros(topUp.units) },
      { name: 'Payment provider fee', cents: centsOfMicros(topUp.feeUnits) },
    ],
    savesCard: body.save_card,
    authenticates: !isProven(account, topUp.createdAtMs),
    successUrl: body.success_url,
    cancelUrl: body.cancel_url ?? body.success_url,
    expiresAtMs: topUp.expiresAtMs ?? topUp.createdAtMs + pageOpenMs,
  });
  const opened = changedTopUp(topUp, { checkoutId: page.id, url: page.url });
  await needs.database.write(putTopUp(opened));
  return opened;
};

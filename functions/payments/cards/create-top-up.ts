/**
 * POST /v1/top-ups: a customer buys credit by card, on the provider's page or with a saved card. The amount
 * and the fee are the platform's; nothing is credited here but what the provider then says was paid. A
 * repetition with the same Idempotency-Key is the same top-up, whatever came between.
 */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import { centsOfMicros, isWholeCents, moneyFromJson } from '../../../shared/core/money.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { isProven } from '../../../shared/payments/cards/card-account.ts';
import { getCardAccount } from '../../../shared/payments/cards/card-account-store.ts';
import {
  changedTopUp,
  payableCents,
  type TopUp,
  topUpUnitsMax,
  topUpUnitsMin,
} from '../../../shared/payments/cards/top-up.ts';
import {
  type createTopUpSchema,
  topUpToJson,
} from '../../../shared/payments/cards/top-up-schemas.ts';
import { putTopUp, requireTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import type { Call } from '../../kit/route.ts';
import { admitTopUp } from './admit-top-up.ts';
import { ensureCustomer } from './ensure-customer.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';
import { requireSavedCard } from './require-saved-card.ts';

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
  const cardId = body.payment_method_id;
  if (cardId !== undefined) await requireSavedCard(needs, organisation, cardId);
  const topUp = await admitTopUp(needs, {
    id: call.newId('top'),
    organisation,
    source: cardId === undefined ? 'checkout' : 'saved_card',
    units,
    nowMs,
    expiresAtMs: cardId === undefined ? nowMs + pageOpenMs : null,
  });
  if (cardId === undefined) return topUpToJson(await openPage(needs, topUp, body));
  return topUpToJson(await pay(needs, topUp, cardId, body));
};

/** Charges the saved card; a resumed attempt may find it paid already. */
const pay = async (
  needs: PaymentNeeds,
  topUp: TopUp,
  cardId: string,
  body: Body,
): Promise<TopUp> => {
  const { id, organisation, createdAtMs, paymentId } = topUp;
  if (paymentId !== null) return topUp;
  const account = await getCardAccount(needs.database, organisation);
  const paid = await (await needs.stripe()).payWithSavedCard({
    topUpId: id,
    organisation,
    customerId: await ensureCustomer(needs, organisation),
    paymentMethodId: cardId,
    cents: payableCents(topUp),
    returnUrl: body.success_url,
    authenticates: !isProven(account, createdAtMs),
  });
  await reconcilePayment(needs, paid);
  return requireTopUp(needs.database, organisation, id);
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
const openPage = async (needs: PaymentNeeds, topUp: TopUp, body: Body): Promise<TopUp> => {
  if (topUp.checkoutId !== null) return topUp;
  const account = await getCardAccount(needs.database, topUp.organisation);
  const page = await (await needs.stripe()).createCheckout({
    topUpId: topUp.id,
    organisation: topUp.organisation,
    customerId: await ensureCustomer(needs, topUp.organisation),
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

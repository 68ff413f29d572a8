/**
 * PUT /v1/auto-top-up: buys credit with a saved card whenever it runs low, within the caps given here. What
 * was bought in this month still counts; a top-up that is under way goes on.
 */
import type * as z from 'zod';
import { moneyFromJson } from '../../../shared/core/money.ts';
import { monthOf } from '../../../shared/ledger/statement.ts';
import { type AutoTopUp, changedCardAccount } from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import {
  autoTopUpToJson,
  type setAutoTopUpSchema,
} from '../../../shared/payments/cards/top-up-schemas.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { requireTopUpAmount } from './create-top-up.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { requireSavedCard } from './require-saved-card.ts';

type Body = z.output<typeof setAutoTopUpSchema>;

export const setAutoTopUp = async (
  needs: PaymentNeeds,
  call: Call<'key', unknown, unknown, Body>,
) => {
  const { organisationId: organisation } = call.caller;
  const { body, nowMs } = call;
  const amountUnits = requireTopUpAmount(moneyFromJson(body.amount).units);
  await requireSavedCard(needs, organisation, body.payment_method_id);
  const auto = await retryRefused(needs, async () => {
    const account = await getCardAccount(needs.database, organisation);
    const set: AutoTopUp = {
      enabled: body.enabled,
      thresholdUnits: moneyFromJson(body.threshold).units,
      amountUnits,
      cardId: body.payment_method_id,
      perDayMax: body.per_day_max,
      monthlyUnitsMax: moneyFromJson(body.monthly_max).units,
      month: account.auto?.month ?? monthOf(nowMs),
      monthUnits: account.auto?.monthUnits ?? 0n,
      pendingTopUpId: account.auto?.pendingTopUpId ?? null,
      failures: 0,
      notBeforeMs: 0,
      stoppedReason: null,
    };
    await needs.database.write(putCardAccount(changedCardAccount(account, { auto: set })));
    return set;
  });
  return autoTopUpToJson(auto, nowMs);
};

/** What crosses the boundary of the endpoints of top-ups, saved cards and automatic top-ups. */
import * as z from 'zod';
import { idSchema } from '../../core/ids.ts';
import { moneySchema, moneyToJson, positiveUsdSchema, usd } from '../../core/money.ts';
import type { SavedCard } from '../../core/provider-payment.ts';
import { isoOf } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import { type AutoTopUp, monthUnitsAt } from './card-account.ts';
import { type TopUp, topUpSources, topUpStatuses } from './top-up.ts';

/** Where the provider's page sends the customer back to. */
const returnUrlSchema = z.url({ protocol: /^https?$/ }).max(2048);

/** A card's id at the provider. */
export const cardIdSchema = z
  .string()
  .regex(/^pm_[A-Za-z0-9_]{1,120}$/, 'the id of a saved card')
  .meta({ example: 'pm_1Q0PsIJvEtkwdCNYMSaVuRz6' });

export const createTopUpSchema = z
  .strictObject({
    /** The credit: whole cents, $0.50 to $10,000. */
    amount: positiveUsdSchema,
    /** A saved card; without it the answer's `url` is a page to pay on. */
    payment_method_id: cardIdSchema.optional(),
    /** Whether the card that is used on the page is kept for later. */
    save_card: z.boolean().default(false),
    success_url: returnUrlSchema,
    cancel_url: returnUrlSchema.optional(),
  })
  .meta({ id: 'CreateTopUp' });

export const confirmTopUpSchema = z
  .strictObject({
    /** Where the holder's bank sends them back to. */
    success_url: returnUrlSchema,
  })
  .meta({ id: 'ConfirmTopUp' });

export const topUpSchema = z
  .strictObject({
    id: idSchema('top'),
    object: z.literal('top_up'),
    source: z.enum(topUpSources),
    status: z.enum(topUpStatuses),
    /** The credit. */
    amount: moneySchema,
    /** The payment provider's fee, on top; it is not refunded. */
    fee: moneySchema,
    /** What the card pays. */
    total: moneySchema,
    /** Where to pay or to confirm. Null when there is nothing to do, or (`action_required`) to be asked for. */
    url: z.string().nullable(),
    /** Why the card was refused. */
    failure: z
      .strictObject({
        code: z.string(),
        decline_code: z.string().nullable(),
        message: z.string(),
      })
      .nullable(),
    receipt_url: z.string().nullable(),
    created_at: isoSchema,
    expires_at: isoSchema.nullable(),
    succeeded_at: isoSchema.nullable(),
  })
  .meta({ id: 'TopUp' });

export const topUpListSchema = listOf(topUpSchema);

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoOf(ms));

export const topUpToJson = (topUp: TopUp): z.input<typeof topUpSchema> => ({
  id: topUp.id,
  object: 'top_up',
  source: topUp.source,
  status: topUp.status,
  amount: moneyToJson(usd(topUp.units)),
  fee: moneyToJson(usd(topUp.feeUnits)),
  total: moneyToJson(usd(topUp.units + topUp.feeUnits)),
  url: topUp.url,
  failure: topUp.failure && {
    code: topUp.failure.code,
    decline_code: topUp.failure.declineCode,
    message: topUp.failure.message,
  },
  receipt_url: topUp.receiptUrl,
  created_at: isoOf(topUp.createdAtMs),
  expires_at: isoOrNull(topUp.expiresAtMs),
  succeeded_at: isoOrNull(topUp.succeededAtMs),
});

export const createPaymentMethodSchema = z
  .strictObject({ success_url: returnUrlSchema, cancel_url: returnUrlSchema.optional() })
  .meta({ id: 'CreatePaymentMethod' });

/** A page of the provider's on which a card is saved. */
export const cardSetupSchema = z
  .strictObject({ object: z.literal('payment_method_setup'), url: z.string() })
  .meta({ id: 'PaymentMethodSetup' });

export const paymentMethodSchema = z
  .strictObject({
    id: cardIdSchema,
    object: z.literal('payment_method'),
    type: z.literal('card'),
    brand: z.string(),
    last4: z.string(),
    expires_month: z.int(),
    expires_year: z.int(),
    created_at: isoSchema,
  })
  .meta({ id: 'PaymentMethod' });

export const paymentMethodListSchema = listOf(paymentMethodSchema);

export const paymentMethodToJson = (card: SavedCard): z.input<typeof paymentMethodSchema> => ({
  id: card.id,
  object: 'payment_method',
  type: 'card',
  brand: card.brand,
  last4: card.last4,
  expires_month: card.expiryMonth,
  expires_year: card.expiryYear,
  created_at: isoOf(card.createdAtMs),
});

export const removedPaymentMethodSchema = z.strictObject({
  id: cardIdSchema,
  object: z.literal('payment_method'),
  deleted: z.literal(true),
});

/** Setting it again also switches it on again after it stopped. */
export const setAutoTopUpSchema = z
  .strictObject({
    enabled: z.boolean(),
    /** Tops up when the available credit falls below it. */
    threshold: positiveUsdSchema,
    /** Whole cents, $0.50 to $10,000. */
    amount: positiveUsdSchema,
    payment_method_id: cardIdSchema,
    per_day_max: z.int().min(1).max(20).default(3),
    monthly_max: positiveUsdSchema,
  })
  .meta({ id: 'SetAutoTopUp' });

export const autoTopUpSchema = z
  .strictObject({
    object: z.literal('auto_top_up'),
    enabled: z.boolean(),
    threshold: moneySchema,
    amount: moneySchema,
    payment_method_id: cardIdSchema,
    per_day_max: z.int(),
    monthly_max: moneySchema,
    /** Bought automatically in this calendar month (UTC). */
    month_so_far: moneySchema,
    /** The automatic top-up that is under way. */
    pending_top_up_id: idSchema('top').nullable(),
    /**
     * Why it stopped by itself; set it again to go on. To confirm the top-up for which it stopped pays that
     * one alone: that the holder was there once is no sign that the card pays without them.
     */
    stopped_reason: z.enum(['card_declined', 'action_required']).nullable(),
    /** Not before, after a refusal of the card. */
    next_try_at: isoSchema.nullable(),
  })
  .meta({ id: 'AutoTopUp' });

export const autoTopUpToJson = (
  auto: AutoTopUp,
  nowMs: number,
): z.input<typeof autoTopUpSchema> => ({
  object: 'auto_top_up',
  enabled: auto.enabled,
  threshold: moneyToJson(usd(auto.thresholdUnits)),
  amount: moneyToJson(usd(auto.amountUnits)),
  payment_method_id: auto.cardId,
  per_day_max: auto.perDayMax,
  monthly_max: moneyToJson(usd(auto.monthlyUnitsMax)),
  month_so_far: moneyToJson(usd(monthUnitsAt(auto, nowMs))),
  pending_top_up_id: auto.pendingTopUpId as `top_${string}` | null,
  stopped_reason: auto.stoppedReason,
  next_try_at: auto.notBeforeMs > nowMs ? isoOf(auto.notBeforeMs) : null,
});

/** What crosses the boundary of the endpoints of refunds. */
import * as z from 'zod';
import { idSchema } from '../../core/ids.ts';
import { moneySchema, moneyToJson, positiveUsdSchema, usd } from '../../core/money.ts';
import { isoOf } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import { type Refund, refundStatuses } from './refund.ts';

export const createRefundSchema = z
  .strictObject({
    top_up_id: idSchema('top'),
    /** Whole cents, at most what is unspent of the top-up's credit. */
    amount: positiveUsdSchema,
  })
  .meta({ id: 'CreateRefund' });

export const refundSchema = z
  .strictObject({
    id: idSchema('rfd'),
    object: z.literal('refund'),
    top_up_id: idSchema('top'),
    amount: moneySchema,
    /** `succeeded`: the provider has accepted it; banks show it within some days. */
    status: z.enum(refundStatuses),
    /** Why it was refused. */
    status_reason: z.string().nullable(),
    created_at: isoSchema,
  })
  .meta({ id: 'Refund' });

export const refundListSchema = listOf(refundSchema);

export const refundToJson = (refund: Refund): z.input<typeof refundSchema> => ({
  id: refund.id,
  object: 'refund',
  top_up_id: refund.topUpId,
  amount: moneyToJson(usd(refund.units)),
  status: refund.status,
  status_reason: refund.reason,
  created_at: isoOf(refund.createdAtMs),
});

/** What crosses the boundary of the payments endpoints. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { moneySchema, moneyToJson, usd } from '../core/money.ts';
import { isoOf } from '../core/time.ts';
import { isoSchema, listOf } from '../core/wire.ts';
import type { Invoice } from './invoice.ts';

export const invoiceSchema = z
  .strictObject({
    id: idSchema('inv'),
    object: z.literal('invoice'),
    cluster_id: idSchema('clu'),
    cluster_name: z.string(),
    /** From the cluster's `running` to its stop. */
    period_start: isoSchema,
    period_end: isoSchema,
    lines: z.array(
      z.strictObject({
        node_id: idSchema('nod'),
        role: z.enum(['head', 'worker']),
        model: z.string(),
        rate_per_hour: moneySchema,
        /** Time that was proven and is paid. */
        proven_ms: z.int().min(0),
        /** Time that the one-hour minimum added. */
        minimum_ms: z.int().min(0),
        /** The part of `amount` that the one-hour minimum added. */
        minimum_amount: moneySchema,
        amount: moneySchema,
      }),
    ),
    total: moneySchema,
    created_at: isoSchema,
  })
  .meta({ id: 'Invoice' });

export const invoiceListSchema = listOf(invoiceSchema);

export const invoiceToJson = (invoice: Invoice): z.input<typeof invoiceSchema> => ({
  id: invoice.id,
  object: 'invoice',
  cluster_id: invoice.clusterId as `clu_${string}`,
  cluster_name: invoice.clusterName,
  period_start: isoOf(invoice.runningAtMs),
  period_end: isoOf(invoice.stoppedAtMs),
  lines: invoice.lines.map((line) => ({
    node_id: line.nodeId as `nod_${string}`,
    role: line.role,
    model: line.model,
    rate_per_hour: moneyToJson(usd(line.rateUnitsPerHour)),
    proven_ms: line.provenMs,
    minimum_ms: line.minimumMs,
    minimum_amount: moneyToJson(usd(line.minimumUnits)),
    amount: moneyToJson(usd(line.units)),
  })),
  total: moneyToJson(usd(invoice.totalUnits)),
  created_at: isoOf(invoice.issuedAtMs),
});

/** What crosses the boundary of the payments endpoints. */
import * as z from 'zod';
import { idSchema } from '../../core/ids.ts';
import { moneySchema, moneyToJson, usd } from '../../core/money.ts';
import { isoOf } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import { partySchema, partyToJson } from './billing-schemas.ts';
import type { Invoice } from './invoice.ts';

export const invoiceSchema = z
  .strictObject({
    id: idSchema('inv'),
    object: z.literal('invoice'),
    /** One series per year without gaps; null of invoices that are older than numbers. */
    number: z.string().nullable(),
    /** Null where the operator configured none, or the organisation has set no billing details. */
    seller: partySchema.nullable(),
    buyer: partySchema.nullable(),
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
    /** The total without the taxes that it contains. */
    subtotal: moneySchema,
    taxes: z.array(
      z.strictObject({
        label: z.string(),
        /** Hundredths of a percent. */
        basis_points: z.int(),
        amount: moneySchema,
      }),
    ),
    /** What is to be said about the tax, such as a reverse charge. */
    tax_note: z.string().nullable(),
    total: moneySchema,
    created_at: isoSchema,
  })
  .meta({ id: 'Invoice' });

export const invoiceListSchema = listOf(invoiceSchema);

export const invoiceToJson = (invoice: Invoice): z.input<typeof invoiceSchema> => ({
  id: invoice.id,
  object: 'invoice',
  number: invoice.number,
  seller: invoice.seller && partyToJson(invoice.seller),
  buyer: invoice.buyer && partyToJson(invoice.buyer),
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
  subtotal: moneyToJson(
    usd(invoice.tax.lines.reduce((rest, { units }) => rest - units, invoice.totalUnits)),
  ),
  taxes: invoice.tax.lines.map(({ label, basisPoints, units }) => ({
    label,
    basis_points: basisPoints,
    amount: moneyToJson(usd(units)),
  })),
  tax_note: invoice.tax.note,
  total: moneyToJson(usd(invoice.totalUnits)),
  created_at: isoOf(invoice.issuedAtMs),
});

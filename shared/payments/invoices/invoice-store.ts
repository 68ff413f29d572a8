/** Invoices in the payments table: put once, never changed. */
import * as z from 'zod';
import { assert } from '../../core/assert.ts';
import type { Database, Item, Write } from '../../core/database.ts';
import { AppError } from '../../core/errors.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import { invoiceKey, invoiceOwnerKey, invoiceOwnerPrefix } from '../keys.ts';
import { parseParty, partyAttributes, storedParty } from './billing-store.ts';
import type { Invoice } from './invoice.ts';

const stored = z.object({
  id: storedId<Id<'inv'>>(),
  number: z.string().optional(),
  seller: storedParty.optional(),
  buyer: storedParty.optional(),
  taxes: z.array(z.object({ label: z.string(), basis_points: wholeNumber, units })).default([]),
  tax_note: z.string().optional(),
  owner: z.string(),
  cluster_id: z.string(),
  cluster_name: z.string(),
  running_at_ms: wholeNumber,
  stopped_at_ms: wholeNumber,
  issued_at_ms: wholeNumber,
  total_units: units,
  lines: z.array(
    z.object({
      node_id: z.string(),
      role: z.enum(['head', 'worker']),
      model: z.string(),
      rate_units_per_hour: units,
      proven_ms: wholeNumber,
      minimum_ms: wholeNumber,
      minimum_units: units,
      units,
    }),
  ),
});

const parse = (item: Item): Invoice => {
  const row = stored.parse(item);
  const invoice: Invoice = {
    id: row.id,
    number: row.number ?? null,
    seller: row.seller ? parseParty(row.seller) : null,
    buyer: row.buyer ? parseParty(row.buyer) : null,
    tax: {
      lines: row.taxes.map(({ label, basis_points: basisPoints, units: taxed }) => ({
        label,
        basisPoints,
        units: taxed,
      })),
      note: row.tax_note ?? null,
    },
    organisation: row.owner,
    clusterId: row.cluster_id,
    clusterName: row.cluster_name,
    runningAtMs: row.running_at_ms,
    stoppedAtMs: row.stopped_at_ms,
    issuedAtMs: row.issued_at_ms,
    totalUnits: row.total_units,
    lines: row.lines.map((line) => ({
      nodeId: line.node_id,
      role: line.role,
      model: line.model,
      rateUnitsPerHour: line.rate_units_per_hour,
      provenMs: line.proven_ms,
      minimumMs: line.minimum_ms,
      minimumUnits: line.minimum_units,
      units: line.units,
    })),
  };
  assertTotal(invoice);
  return invoice;
};

const assertTotal = (invoice: Invoice): void => {
  const sum = invoice.lines.reduce((total, line) => total + line.units, 0n);
  assert(sum === invoice.totalUnits, `the lines of ${invoice.id} do not sum to its total`);
};

/** Puts the invoice unless it exists: the first one stands for ever. */
export const putInvoice = (invoice: Invoice): Write => {
  assertTotal(invoice);
  return {
    kind: 'put',
    table: 'payments',
    key: invoiceKey(invoice.id),
    attributes: {
      id: invoice.id,
      number: invoice.number ?? undefined,
      seller: invoice.seller ? partyAttributes(invoice.seller) : undefined,
      buyer: invoice.buyer ? partyAttributes(invoice.buyer) : undefined,
      taxes: invoice.tax.lines.map(({ label, basisPoints, units: taxed }) => ({
        label,
        basis_points: basisPoints,
        units: taxed,
      })),
      tax_note: invoice.tax.note ?? undefined,
      owner: invoice.organisation,
      owner_sk: invoiceOwnerKey(invoice.id),
      cluster_id: invoice.clusterId,
      cluster_name: invoice.clusterName,
      running_at_ms: invoice.runningAtMs,
      stopped_at_ms: invoice.stoppedAtMs,
      issued_at_ms: invoice.issuedAtMs,
      total_units: invoice.totalUnits,
      lines: invoice.lines.map((line) => ({
        node_id: line.nodeId,
        role: line.role,
        model: line.model,
        rate_units_per_hour: line.rateUnitsPerHour,
        proven_ms: line.provenMs,
        minimum_ms: line.minimumMs,
        minimum_units: line.minimumUnits,
        units: line.units,
      })),
    },
    condition: { exists: false },
  };
};

/** The invoice, whosever it is. */
export const getInvoice = async (
  database: Database,
  invoiceId: string,
): Promise<Invoice | undefined> => {
  const item = await database.get('payments', invoiceKey(invoiceId));
  return item && parse(item);
};

/** The organisation's invoice, or `invoice.not_found`: somebody else's looks like an unknown one. */
export const requireInvoice = async (
  database: Database,
  organisation: string,
  invoiceId: string,
): Promise<Invoice> => {
  const invoice = await getInvoice(database, invoiceId);
  if (invoice?.organisation !== organisation) throw new AppError('invoice.not_found');
  return invoice;
};

/** The organisation's invoices, newest cluster first. */
export const listInvoicesByOrganisation = async (
  database: Database,
  organisation: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly invoices: readonly Invoice[]; readonly next: string | undefined }> => {
  const found = await database.query('payments', {
    index: 'by_owner',
    pk: organisation,
    skPrefix: invoiceOwnerPrefix,
    descending: true,
    ...page,
  });
  return { invoices: found.items.map(parse), next: found.next };
};

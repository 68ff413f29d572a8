/** Organisations' billing details in the payments table: the last ones set count for invoices from then on. */
import * as z from 'zod';
import type { Database, Value, Write } from '../../core/database.ts';
import { wholeNumber } from '../../core/field.ts';
import { billingKey } from '../keys.ts';
import type { BillingDetails } from './billing.ts';

/** A party as it is stored, with billing details and on invoices. */
export const storedParty = z.object({
  name: z.string(),
  line1: z.string(),
  line2: z.string().optional(),
  postal_code: z.string(),
  city: z.string(),
  region: z.string().optional(),
  country: z.string(),
  tax_id: z.string().optional(),
});

export const parseParty = (row: z.output<typeof storedParty>): BillingDetails => ({
  name: row.name,
  line1: row.line1,
  line2: row.line2 ?? null,
  postalCode: row.postal_code,
  city: row.city,
  region: row.region ?? null,
  country: row.country,
  taxId: row.tax_id ?? null,
});

export const partyAttributes = (party: BillingDetails) =>
  ({
    name: party.name,
    line1: party.line1,
    line2: party.line2 ?? undefined,
    postal_code: party.postalCode,
    city: party.city,
    region: party.region ?? undefined,
    country: party.country,
    tax_id: party.taxId ?? undefined,
  }) satisfies Readonly<Record<string, Value | undefined>>;

const stored = z.object({ details: storedParty, updated_at_ms: wholeNumber });

/** Replaces the details; the last one wins. */
export const putBillingDetails = (
  organisationId: string,
  details: BillingDetails,
  updatedAtMs: number,
): Write => ({
  kind: 'put',
  table: 'payments',
  key: billingKey(organisationId),
  attributes: { details: partyAttributes(details), updated_at_ms: updatedAtMs },
  condition: {},
});

/** Undefined until somebody set them. */
export const getBillingDetails = async (
  database: Database,
  organisationId: string,
): Promise<{ readonly details: BillingDetails; readonly updatedAtMs: number } | undefined> => {
  const item = await database.get('payments', billingKey(organisationId));
  if (!item) return undefined;
  const row = stored.parse(item);
  return { details: parseParty(row.details), updatedAtMs: row.updated_at_ms };
};

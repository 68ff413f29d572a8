/** What crosses the boundary about the parties of invoices: the API's form and the operator's settings. */
import * as z from 'zod';
import { isoOrNull } from '../../core/time.ts';
import { isoSchema } from '../../core/wire.ts';
import type { BillingDetails, Invoicing } from './billing.ts';

const words = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u, 'printable characters only');

const countrySchema = z
  .string()
  .regex(/^[A-Z]{2}$/, 'a country of ISO 3166-1, two capital letters');

export const partySchema = z.strictObject({
  name: words,
  address: z.strictObject({
    line1: words,
    line2: words.nullable().default(null),
    postal_code: z
      .string()
      .min(1)
      .max(20)
      .regex(/^[A-Za-z0-9 -]+$/, 'letters, digits and dashes'),
    city: words,
    region: words.nullable().default(null),
    country: countrySchema,
  }),
  /** VAT, GST or other number, with its country's prefix where it has one. */
  tax_id: z
    .string()
    .regex(/^[A-Z0-9][A-Z0-9./-]{3,29}$/, 'capital letters and digits')
    .nullable()
    .default(null),
});

export const billingDetailsSchema = z
  .strictObject({
    object: z.literal('billing_details'),
    /** Null until they are set: invoices then name the organisation's id alone. */
    details: partySchema.nullable(),
    updated_at: isoSchema.nullable(),
  })
  .meta({ id: 'BillingDetails' });

export const partyFromJson = (json: z.output<typeof partySchema>): BillingDetails => ({
  name: json.name,
  line1: json.address.line1,
  line2: json.address.line2,
  postalCode: json.address.postal_code,
  city: json.address.city,
  region: json.address.region,
  country: json.address.country,
  taxId: json.tax_id,
});

export const partyToJson = (party: BillingDetails): z.output<typeof partySchema> => ({
  name: party.name,
  address: {
    line1: party.line1,
    line2: party.line2,
    postal_code: party.postalCode,
    city: party.city,
    region: party.region,
    country: party.country,
  },
  tax_id: party.taxId,
});

export const billingDetailsToJson = (
  found: { readonly details: BillingDetails; readonly updatedAtMs: number } | undefined,
): z.input<typeof billingDetailsSchema> => ({
  object: 'billing_details',
  details: found ? partyToJson(found.details) : null,
  updated_at: isoOrNull(found?.updatedAtMs),
});

/** The operator's settings, as the stage's configuration and the function's environment carry them. */
const invoicingSchema = z.strictObject({
  seller: partySchema.nullable().default(null),
  tax_rates: z
    .array(
      z.strictObject({
        country: countrySchema,
        label: words,
        basis_points: z.int().min(1).max(9_999),
      }),
    )
    .default([]),
  reverse_charge: z
    .strictObject({ countries: z.array(countrySchema), note: z.string().min(1).max(300) })
    .nullable()
    .default(null),
});

/** The settings in a JSON text; throws where it is not one, so that a function does not start with it. */
export const parseInvoicing = (text: string): Invoicing => {
  const settings = invoicingSchema.parse(JSON.parse(text));
  return {
    seller: settings.seller && partyFromJson(settings.seller),
    taxRates: settings.tax_rates.map(({ country, label, basis_points: basisPoints }) => ({
      country,
      label,
      basisPoints,
    })),
    reverseCharge: settings.reverse_charge,
  };
};

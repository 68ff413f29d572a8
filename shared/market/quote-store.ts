/**
 * Quotes in the market table. A quote is written once and spent once; some days after it expired it
 * vanishes, spent or not, for a cluster keeps a copy of everything that it needs.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { AppError } from '../core/errors.ts';
import { storedId, units, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { dayMs, secondMs } from '../core/time.ts';
import { tierSchema } from '../devices/speed-schemas.ts';
import { quoteKey } from './keys.ts';
import { isolationLevels } from './offer.ts';
import { assertQuote, type Quote } from './quote.ts';
import { regions } from './regions.ts';

/** How long a quote can still be looked at after it expired. */
const keptMs = 7 * dayMs;

const storedLine = z.object({
  line_id: z.string(),
  role: z.enum(['head', 'worker']),
  schedulable: z.boolean(),
  model: z.string(),
  processors: wholeNumber,
  rate_units_per_hour: units,
  amount_units: units,
});

const stored = z.object({
  id: storedId<Id<'quo'>>(),
  organisation_id: storedId<Id<'org'>>(),
  items: z.array(z.object({ model: z.string(), count: wholeNumber })),
  head: z.enum(['own', 'shared']),
  stage: z.string(),
  regions: z.array(z.enum(regions)),
  site_id: storedId<Id<'site'>>().optional(),
  isolation_min: z.enum(isolationLevels),
  tier_min: wholeNumber.pipe(tierSchema).optional(),
  image_ray: z.string().optional(),
  image_python: z.string().optional(),
  units_per_hour_max: units.optional(),
  hours: wholeNumber,
  proof_consent: z.boolean(),
  region: z.enum(regions),
  ray_version: z.string(),
  python_minor: z.string(),
  lines: z.array(storedLine),
  units_per_hour: units,
  total_units: units,
  hold_units: units,
  created_at_ms: wholeNumber,
  expires_at_ms: wholeNumber,
  cluster_id: storedId<Id<'clu'>>().optional(),
});

const parse = (item: Item): Quote => {
  const row = stored.parse(item);
  return assertQuote({
    id: row.id,
    organisationId: row.organisation_id,
    order: {
      items: row.items,
      head: row.head,
      customerOrganisationId: row.organisation_id,
      stage: row.stage,
      regions: row.regions,
      siteId: row.site_id ?? null,
      isolationMin: row.isolation_min,
      tierMin: row.tier_min ?? 0,
      image: { ray: row.image_ray ?? null, python: row.image_python ?? null },
      unitsPerHourMax: row.units_per_hour_max ?? null,
    },
    hours: row.hours,
    proofConsent: row.proof_consent,
    terms: { region: row.region, rayVersion: row.ray_version, pythonMinor: row.python_minor },
    lines: row.lines.map((line) => ({
      lineId: line.line_id,
      role: line.role,
      schedulable: line.schedulable,
      model: line.model,
      processors: line.processors,
      rateUnitsPerHour: line.rate_units_per_hour,
      amountUnits: line.amount_units,
    })),
    unitsPerHour: row.units_per_hour,
    totalUnits: row.total_units,
    holdUnits: row.hold_units,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    clusterId: row.cluster_id ?? null,
  });
};

const attributesOf = ({ order, terms, ...quote }: Quote) => ({
  id: quote.id,
  organisation_id: quote.organisationId,
  items: order.items.map(({ model, count }) => ({ model, count })),
  head: order.head,
  stage: order.stage,
  regions: order.regions,
  site_id: order.siteId ?? undefined,
  isolation_min: order.isolationMin,
  tier_min: order.tierMin,
  image_ray: order.image.ray ?? undefined,
  image_python: order.image.python ?? undefined,
  units_per_hour_max: order.unitsPerHourMax ?? undefined,
  hours: quote.hours,
  proof_consent: quote.proofConsent,
  region: terms.region,
  ray_version: terms.rayVersion,
  python_minor: terms.pythonMinor,
  lines: quote.lines.map((line) => ({
    line_id: line.lineId,
    role: line.role,
    schedulable: line.schedulable,
    model: line.model,
    processors: line.processors,
    rate_units_per_hour: line.rateUnitsPerHour,
    amount_units: line.amountUnits,
  })),
  units_per_hour: quote.unitsPerHour,
  total_units: quote.totalUnits,
  hold_units: quote.holdUnits,
  created_at_ms: quote.createdAtMs,
  expires_at_ms: quote.expiresAtMs,
  cluster_id: quote.clusterId ?? undefined,
  expires_at_s: Math.ceil((quote.expiresAtMs + keptMs) / secondMs),
});

/** Stores a new quote; its id must be new. */
export const putQuote = (quote: Quote): Write => ({
  kind: 'put',
  table: 'market',
  key: quoteKey(quote.id),
  attributes: attributesOf(assertQuote(quote)),
  condition: { exists: false },
});

/** Spends the quote for a cluster; holds while it is open, so one quote makes one cluster. */
export const spendQuote = (quote: Quote, clusterId: Id<'clu'>, nowMs: number): Write => ({
  kind: 'update',
  table: 'market',
  key: quoteKey(quote.id),
  set: { cluster_id: clusterId, spent_at_ms: nowMs },
  condition: {
    equals: { organisation_id: quote.organisationId },
    missing: ['cluster_id'],
    atLeast: { expires_at_ms: nowMs + 1 },
  },
});

/** The quote, whoever made it. */
export const getQuote = async (database: Database, quoteId: string): Promise<Quote | undefined> => {
  const item = await database.get('market', quoteKey(quoteId));
  return item && parse(item);
};

/** The organisation's own quote, or `market.quote_not_found`. */
export const requireQuote = async (
  database: Database,
  organisationId: string,
  quoteId: string,
): Promise<Quote> => {
  const quote = await getQuote(database, quoteId);
  if (quote?.organisationId !== organisationId) throw new AppError('market.quote_not_found');
  return quote;
};

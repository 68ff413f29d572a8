/** What crosses the boundary of the market endpoints. */
import * as z from 'zod';
import { present } from '../core/assert.ts';
import { idSchema } from '../core/ids.ts';
import { moneySchema, moneyToJson, positiveUsdSchema, usd } from '../core/money.ts';
import { isoOf } from '../core/time.ts';
import { isoSchema } from '../core/wire.ts';
import { type ConnectivityTier, tierSchema } from '../devices/speed-schemas.ts';
import type { CatalogueModel } from './catalogue.ts';
import { isolationLevels } from './offer.ts';
import type { OfferSummary } from './offer-summary.ts';
import { itemsMax } from './order.ts';
import type { EffectivePrice } from './price.ts';
import { hoursMax, type Quote, quoteStatus } from './quote.ts';
import { regionSchema, regions } from './regions.ts';

/** A model's name, known or not: an unknown one is told apart from a malformed one. */
const modelNameSchema = z.string().min(1).max(64).meta({ example: 'RTX 4090' });

const usdJson = (units: bigint) => moneyToJson(usd(units));

export const hardwareModelSchema = z
  .strictObject({
    object: z.literal('hardware_model'),
    model: z.string(),
    vendor: z.enum(['nvidia', 'amd', 'apple', 'any']),
    kind: z.enum(['gpu', 'cpu']),
    pool: z.enum(['enterprise', 'community']),
    /** In hundredths; 0 may be hired but earns no block reward. */
    reward_multiplier_hundredths: z.int(),
    memory_gib: z.int().nullable(),
    /** 10^12 int8 operations per second. */
    peak_tops: z.int().nullable(),
    /** GB/s. */
    memory_gbps: z.int().nullable(),
    /** Per processor and hour, where the supplier names no price. */
    default_price_per_hour: moneySchema,
    note: z.string().nullable(),
  })
  .meta({ id: 'HardwareModel' });

export const hardwareModelToJson = (model: CatalogueModel) => ({
  object: 'hardware_model' as const,
  model: model.model,
  vendor: model.vendor,
  kind: model.kind,
  pool: model.pool,
  reward_multiplier_hundredths: model.rewardMultiplierHundredths,
  memory_gib: model.memoryGib,
  peak_tops: model.peakTops,
  memory_gbps: model.memoryGbps,
  default_price_per_hour: usdJson(model.defaultUnitsPerHour),
  note: model.note,
});

export const priceSchema = z
  .strictObject({
    object: z.literal('price'),
    model: z.string(),
    /** Per processor and hour. */
    price_per_hour: moneySchema,
    /** `default`: the catalogue's; `own`: the supplier's. */
    source: z.enum(['default', 'own']),
  })
  .meta({ id: 'Price' });

export const setPriceSchema = z
  .strictObject({ model: modelNameSchema, price_per_hour: positiveUsdSchema })
  .meta({ id: 'SetPrice' });

export const priceToJson = (price: EffectivePrice) => ({
  object: 'price' as const,
  model: price.model,
  price_per_hour: usdJson(price.unitsPerHour),
  source: price.source,
});

export const offerFilterSchema = z.strictObject({
  model: modelNameSchema.optional(),
  region: regionSchema.optional(),
  /** Micro-dollars per processor and hour. */
  max_price: z
    .string()
    .regex(/^[1-9][0-9]{0,17}$/, 'a whole number of micro-dollars above 0')
    .optional(),
  /** Only sites that have at least so many processors free together. */
  min_count: z.coerce.number().int().min(1).max(1024).optional(),
  /** Slowest speed class. */
  min_tier: z.coerce.number().pipe(tierSchema).optional(),
});

export const offerSchema = z
  .strictObject({
    object: z.literal('offer'),
    model: z.string(),
    region: regionSchema,
    /** Named where the site is one's own. */
    site_id: idSchema('site').nullable(),
    devices: z.int(),
    /** Processors that one cluster can have together. */
    available_processors: z.int(),
    /** Sizes of the devices, which are hired whole, ascending. */
    processors_per_device: z.array(z.int()),
    /** Per processor and hour. */
    price_per_hour: moneySchema,
    /** Of the device with the least. */
    cpus_per_device_min: z.int(),
    memory_mib_per_device_min: z.int(),
    ray_version: z.string(),
    python_version: z.string(),
    isolation: z.enum(isolationLevels),
    /** Speed class of the device with the slowest line. */
    connectivity_tier_min: tierSchema,
  })
  .meta({
    id: 'Offer',
    description:
      'Devices that can be hired now. Unless an order refuses it (proof_consent), they go on proving ' +
      'themselves while they are hired, for some four seconds an hour; a refusal leaves their suppliers ' +
      'without block reward for the hours of the hire.',
  });

export const offerSummaryToJson = ({ offers, ...summary }: OfferSummary) => {
  const first = present(offers[0], 'an offer of nothing');
  return {
    object: 'offer' as const,
    model: first.model,
    region: first.region,
    site_id: summary.siteId,
    devices: offers.length,
    available_processors: summary.processors,
    processors_per_device: [...new Set(offers.map((offer) => offer.processorCount))].sort(
      (a, b) => a - b,
    ),
    price_per_hour: usdJson(first.processorUnitsPerHour),
    cpus_per_device_min: Math.min(...offers.map((offer) => offer.cpus)),
    memory_mib_per_device_min: Math.min(...offers.map((offer) => offer.memoryMib)),
    ray_version: first.rayVersion,
    python_version: summary.pythonMinor,
    isolation: first.isolation,
    connectivity_tier_min: offers.reduce<ConnectivityTier>(
      (least, { connectivityTier }) => (connectivityTier < least ? connectivityTier : least),
      first.connectivityTier,
    ),
  };
};

/** What an order decides for the suppliers of its devices, as the API document says it. */
const consentWords =
  'Whether the hired devices go on proving themselves: about once an hour each processor computes for ' +
  "some four seconds beside the customer's work. A refusal leaves the suppliers of these devices " +
  'without block reward for the hours of the hire. The check before the paid time begins takes place ' +
  'either way.';

export const createQuoteSchema = z
  .strictObject({
    items: z
      .array(z.strictObject({ model: modelNameSchema, count: z.int().min(1).max(10_000) }))
      .min(1)
      .max(itemsMax)
      .refine(
        (items) => new Set(items.map(({ model }) => model)).size === items.length,
        'each model once',
      ),
    /** `own`: one more device runs the head alone; `shared`: the first worker is also the head. */
    head: z.enum(['own', 'shared']),
    hours: z.int().min(1).max(hoursMax),
    /** Any region when absent. */
    regions: z.array(regionSchema).min(1).max(regions.length).optional(),
    /** One's own site; any when absent. */
    site: idSchema('site').optional(),
    isolation_min: z.enum(isolationLevels).default('process'),
    /** Slowest speed class that a device's line to the platform may have; 0: any. */
    tier_min: tierSchema.default(0),
    image: z
      .strictObject({
        ray: z
          .string()
          .regex(/^\d+\.\d+\.\d+$/, 'a version such as 2.60.0')
          .optional(),
        python: z
          .string()
          .regex(/^\d+\.\d+(\.\d+)?$/, 'a version such as 3.12')
          .optional(),
      })
      .default({}),
    /** Most that the whole cluster may cost per hour. */
    max_price: positiveUsdSchema.optional(),
    proof_consent: z.boolean().default(true).meta({ description: consentWords }),
  })
  .meta({ id: 'CreateQuote' });

export const quoteSchema = z
  .strictObject({
    id: idSchema('quo'),
    object: z.literal('quote'),
    status: z.enum(['open', 'spent', 'expired']),
    created_at: isoSchema,
    expires_at: isoSchema,
    /** The cluster that spent it. */
    cluster_id: idSchema('clu').nullable(),
    items: z.array(z.strictObject({ model: z.string(), count: z.int() })),
    head: z.enum(['own', 'shared']),
    hours: z.int(),
    proof_consent: z.boolean().meta({ description: consentWords }),
    region: regionSchema,
    ray_version: z.string(),
    /** Python's minor version; clients need the same. */
    python_version: z.string(),
    lines: z.array(
      z.strictObject({
        line_id: z.string(),
        role: z.enum(['head', 'worker']),
        model: z.string(),
        processors: z.int(),
        price_per_hour: moneySchema,
        /** For the ordered hours. */
        amount: moneySchema,
      }),
    ),
    /** Of all lines. */
    price_per_hour: moneySchema,
    total: moneySchema,
    /** Credit that the cluster will reserve. */
    hold: moneySchema,
  })
  .meta({ id: 'Quote' });

export const quoteToJson = (quote: Quote, nowMs: number): z.input<typeof quoteSchema> => ({
  id: quote.id,
  object: 'quote',
  status: quoteStatus(quote, nowMs),
  created_at: isoOf(quote.createdAtMs),
  expires_at: isoOf(quote.expiresAtMs),
  cluster_id: quote.clusterId,
  items: quote.order.items.map(({ model, count }) => ({ model, count })),
  head: quote.order.head,
  hours: quote.hours,
  proof_consent: quote.proofConsent,
  region: quote.terms.region,
  ray_version: quote.terms.rayVersion,
  python_version: quote.terms.pythonMinor,
  lines: quote.lines.map((line) => ({
    line_id: line.lineId,
    role: line.role,
    model: line.model,
    processors: line.processors,
    price_per_hour: usdJson(line.rateUnitsPerHour),
    amount: usdJson(line.amountUnits),
  })),
  price_per_hour: usdJson(quote.unitsPerHour),
  total: usdJson(quote.totalUnits),
  hold: usdJson(quote.holdUnits),
});

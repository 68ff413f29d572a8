/**
 * Offers as customers browse them: devices that one cluster can have together, summed up, with no
 * device and no supplier named. Pure.
 */
import type { Id } from '../core/ids.ts';
import type { ConnectivityTier } from '../devices/speed-schemas.ts';
import { groupOffers, isOfferedTo, type Offer, type OfferFilters } from './offer.ts';

/** What of one model a single site has free at one price. */
export interface OfferSummary {
  readonly offers: readonly Offer[];
  readonly processors: number;
  /** Null unless the site is the reader's own. */
  readonly siteId: Id<'site'> | null;
  /** For example "3.12". */
  readonly pythonMinor: string;
}

/** What the reader wants to see. */
export interface SummaryFilters {
  readonly customer: Pick<OfferFilters, 'customerOrganisationId' | 'stage'>;
  readonly region?: string | undefined;
  /** Micro-USD per processor and hour. */
  readonly unitsPerHourMax?: bigint | undefined;
  readonly processorsMin?: number | undefined;
  /** Slowest speed class. */
  readonly tierMin?: ConnectivityTier | undefined;
}

/** Sums up offers of any models; cheapest first within a model, models in the order of the offers. */
export const summariseOffers = (
  offers: readonly Offer[],
  filters: SummaryFilters,
): readonly OfferSummary[] => {
  const { customer, region, unitsPerHourMax, processorsMin = 1, tierMin = 0 } = filters;
  const visible = offers.filter(
    (offer) =>
      isOfferedTo(offer, customer) &&
      offer.connectivityTier >= tierMin &&
      (region === undefined || offer.region === region) &&
      (unitsPerHourMax === undefined || offer.processorUnitsPerHour <= unitsPerHourMax),
  );
  // A site has one price per model as long as it has one supplier; nothing here relies on it.
  const priced = Map.groupBy(visible, (offer) => `${offer.model} ${offer.processorUnitsPerHour}`);
  const summaries = [...priced.values()].flatMap((offersOfPrice) =>
    groupOffers(offersOfPrice).map(({ siteId, pythonMinor, offers: members }) => ({
      offers: members,
      processors: members.reduce((sum, { processorCount }) => sum + processorCount, 0),
      siteId: isOwn(members, customer) ? siteId : null,
      pythonMinor,
    })),
  );
  const byModel = Map.groupBy(summaries, ({ offers: [first] }) => first?.model);
  return [...byModel.values()]
    .flatMap((rows) => rows.sort((a, b) => Number(unitsOf(a) - unitsOf(b))))
    .filter(({ processors }) => processors >= processorsMin);
};

const isOwn = (offers: readonly Offer[], customer: SummaryFilters['customer']): boolean =>
  offers.every(({ organisationId }) => organisationId === customer.customerOrganisationId);

const unitsOf = ({ offers }: OfferSummary): bigint => offers[0]?.processorUnitsPerHour ?? 0n;

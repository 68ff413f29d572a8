/**
 * Plans the devices of a cluster whose lines were quoted, and of a line that lost its device. What
 * was quoted binds: model and number of processors of every line, region, Ray version, Python minor
 * version, and a rate that is never above the quoted one. Pure.
 */
import type { Id } from '../core/ids.ts';
import type { PlannedNode } from './matcher.ts';
import {
  deviceUnitsPerHour,
  groupOffers,
  inTakingOrder,
  isEligible,
  type Offer,
  type OfferFilters,
  pythonMinorOf,
} from './offer.ts';
import type { Region } from './regions.ts';

/** A quoted line, as far as its device is concerned. */
export interface LineCeiling {
  readonly lineId: string;
  readonly role: 'head' | 'worker';
  readonly schedulable: boolean;
  readonly model: string;
  readonly processors: number;
  /** Micro-USD per hour of the whole device; the actual rate may be lower. */
  readonly rateUnitsPerHour: bigint;
}

/** What a quote promises about all devices together. */
export interface QuotedTerms {
  readonly region: Region;
  readonly rayVersion: string;
  /** For example "3.12". */
  readonly pythonMinor: string;
}

/** What a quoted cluster has to fit, and what there is. */
export interface QuotedNeed {
  readonly lines: readonly LineCeiling[];
  readonly terms: QuotedTerms;
  readonly filters: OfferFilters;
  readonly offers: readonly Offer[];
  /** Any text; decides between equal plans and nothing else. */
  readonly tieBreak: string;
}

/** A device for every quoted line, in the order of the lines, in one site; undefined: not free. */
export interface QuotedMatch {
  readonly siteId: Id<'site'>;
  readonly nodes: readonly PlannedNode[];
}

/**
 * Finds a device for every line, at the least total cost; undefined when no site has them. Of lines
 * with equal devices the one with the lowest ceiling gets the cheapest: if that does not fit, no
 * other assignment does.
 */
export const planQuotedMatch = (need: QuotedNeed): QuotedMatch | undefined => {
  const { lines, terms, filters, offers, tieBreak } = need;
  const usable = inTakingOrder(
    offers.filter((offer) => isEligible(offer, filters) && keepsTerms(offer, terms)),
    tieBreak,
  );
  let best: (QuotedMatch & { readonly unitsPerHour: bigint }) | undefined;
  for (const { siteId, offers: members } of groupOffers(usable)) {
    const nodes = assign(lines, members);
    const unitsPerHour = nodes?.reduce((sum, node) => sum + node.rateUnitsPerHour, 0n);
    if (nodes === undefined || unitsPerHour === undefined) continue;
    if (best === undefined || unitsPerHour < best.unitsPerHour) {
      best = { siteId, nodes, unitsPerHour };
    }
  }
  return best && { siteId: best.siteId, nodes: best.nodes };
};

const keepsTerms = (offer: Offer, terms: QuotedTerms): boolean =>
  offer.region === terms.region &&
  offer.rayVersion === terms.rayVersion &&
  pythonMinorOf(offer.pythonVersion) === terms.pythonMinor;

/** `offers` are cheapest first. */
const assign = (
  lines: readonly LineCeiling[],
  offers: readonly Offer[],
): readonly PlannedNode[] | undefined => {
  const kindOf = (model: string, processors: number) => `${processors} x ${model}`;
  const left = Map.groupBy(offers, (offer) => kindOf(offer.model, offer.processorCount));
  const deviceOf = new Map<string, Offer>();
  const strictestFirst = [...lines].sort((a, b) => Number(a.rateUnitsPerHour - b.rateUnitsPerHour));
  for (const line of strictestFirst) {
    const offer = left.get(kindOf(line.model, line.processors))?.shift();
    if (offer === undefined || deviceUnitsPerHour(offer) > line.rateUnitsPerHour) return undefined;
    deviceOf.set(line.lineId, offer);
  }
  return lines.flatMap(({ lineId, role, schedulable }) => {
    const offer = deviceOf.get(lineId);
    if (offer === undefined) return [];
    return [{ lineId, role, schedulable, offer, rateUnitsPerHour: deviceUnitsPerHour(offer) }];
  });
};

/** What a replacement has to fit. */
export interface ReplacementNeed {
  readonly line: Pick<LineCeiling, 'model' | 'processors' | 'rateUnitsPerHour'>;
  readonly siteId: Id<'site'>;
  readonly rayVersion: string;
  /** Python's version or minor version. */
  readonly pythonVersion: string;
  /** Devices that already failed this cluster or belong to it. */
  readonly excludeDeviceIds: readonly string[];
  readonly filters: OfferFilters;
  readonly offers: readonly Offer[];
  readonly tieBreak: string;
}

/** The cheapest device of the cluster's site that can take the line's place; undefined: none. */
export const planReplacement = (need: ReplacementNeed): Offer | undefined => {
  const fits = need.offers.filter(
    (offer) =>
      offer.siteId === need.siteId &&
      offer.model === need.line.model &&
      offer.processorCount === need.line.processors &&
      offer.rayVersion === need.rayVersion &&
      pythonMinorOf(offer.pythonVersion) === pythonMinorOf(need.pythonVersion) &&
      deviceUnitsPerHour(offer) <= need.line.rateUnitsPerHour &&
      !need.excludeDeviceIds.includes(offer.deviceId) &&
      isEligible(offer, need.filters),
  );
  return inTakingOrder(fits, need.tieBreak)[0];
};

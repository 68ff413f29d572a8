/**
 * An offer: one device that can be hired now, with its supplier's price. Devices are hired whole and
 * a cluster is formed inside one site, of devices with one Ray version and one Python minor version.
 * Pure; says which offers an order may use and in which order equal ones are taken.
 */
import { sha256Hex } from '../core/hash.ts';
import type { Id } from '../core/ids.ts';
import type { ConnectivityTier } from '../devices/speed-schemas.ts';
import type { Region } from './regions.ts';

/** How a device keeps a customer's processes apart from its own; weakest first. */
export const isolationLevels = ['process'] as const;
export type Isolation = (typeof isolationLevels)[number];

/** One device that can be hired now. */
export interface Offer {
  readonly deviceId: Id<'dev'>;
  /** The supplier. */
  readonly organisationId: Id<'org'>;
  readonly siteId: Id<'site'>;
  readonly region: Region;
  readonly model: string;
  /** Processors of the model, hired together; 1 for a CPU. */
  readonly processorCount: number;
  /** Micro-USD per processor and hour. */
  readonly processorUnitsPerHour: bigint;
  /** CPU cores. */
  readonly cpus: number;
  readonly memoryMib: number;
  /** For example "2.60.0". */
  readonly rayVersion: string;
  /** For example "3.12.3". */
  readonly pythonVersion: string;
  readonly isolation: Isolation;
  /** Speed class of its line to the platform. */
  readonly connectivityTier: ConnectivityTier;
}

/** What an order says about the devices that it accepts. */
export interface OfferFilters {
  readonly customerOrganisationId: Id<'org'>;
  /** On stage `local` everybody's `process` devices are offered to everybody. */
  readonly stage: string;
  /** Empty: any region. */
  readonly regions: readonly Region[];
  readonly siteId: Id<'site'> | null;
  readonly isolationMin: Isolation;
  /** Slowest speed class; 0: any. */
  readonly tierMin: ConnectivityTier;
  /** Exact Ray version, and Python as minor or full version; null: any. */
  readonly image: { readonly ray: string | null; readonly python: string | null };
}

/** "3.12" of "3.12.3": what client and cluster must share. */
export const pythonMinorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

/** Micro-USD per hour of the whole device. */
export const deviceUnitsPerHour = (offer: Offer): bigint =>
  offer.processorUnitsPerHour * BigInt(offer.processorCount);

/** Whether this customer may be offered that device at all: processes alone keep no strangers apart. */
export const isOfferedTo = (
  offer: Offer,
  customer: Pick<OfferFilters, 'customerOrganisationId' | 'stage'>,
): boolean =>
  offer.isolation !== 'process' ||
  offer.organisationId === customer.customerOrganisationId ||
  customer.stage === 'local';

/** Whether an order may use that device. */
export const isEligible = (offer: Offer, filters: OfferFilters): boolean => {
  const { regions, siteId, image } = filters;
  return (
    isOfferedTo(offer, filters) &&
    (regions.length === 0 || regions.includes(offer.region)) &&
    (siteId === null || offer.siteId === siteId) &&
    isolationLevels.indexOf(offer.isolation) >= isolationLevels.indexOf(filters.isolationMin) &&
    offer.connectivityTier >= filters.tierMin &&
    (image.ray === null || offer.rayVersion === image.ray) &&
    (image.python === null || pythonMinorOf(offer.pythonVersion) === pythonMinorOf(image.python))
  );
};

/** Devices that can form one cluster. */
export interface OfferGroup {
  readonly siteId: Id<'site'>;
  readonly region: Region;
  readonly rayVersion: string;
  /** For example "3.12". */
  readonly pythonMinor: string;
  readonly offers: readonly Offer[];
}

/** Offers by what a cluster must have in common: site, Ray version, Python minor version. */
export const groupOffers = (offers: readonly Offer[]): readonly OfferGroup[] => {
  const groups = Map.groupBy(offers, (offer) =>
    [offer.siteId, offer.region, offer.rayVersion, pythonMinorOf(offer.pythonVersion)].join(' '),
  );
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { siteId, region, rayVersion, pythonVersion } = first;
    const pythonMinor = pythonMinorOf(pythonVersion);
    return [{ siteId, region, rayVersion, pythonMinor, offers: members }];
  });
};

/**
 * Cheapest devices first. Among equal ones suppliers take turns, in an order that follows from
 * `tieBreak`: the same seed gives the same order, another seed another one.
 */
export const inTakingOrder = (offers: readonly Offer[], tieBreak: string): readonly Offer[] => {
  const keyed = offers.map((offer) => ({
    offer,
    units: deviceUnitsPerHour(offer),
    draw: sha256Hex(`${tieBreak} ${offer.deviceId}`),
    turn: 0,
  }));
  keyed.sort((a, b) => compare(a.units, b.units) || compare(a.draw, b.draw));
  const turns = new Map<string, number>();
  const withTurns = keyed.map((entry) => {
    const supplier = `${entry.units} ${entry.offer.organisationId}`;
    const turn = turns.get(supplier) ?? 0;
    turns.set(supplier, turn + 1);
    return { ...entry, turn };
  });
  withTurns.sort((a, b) => compare(a.units, b.units) || a.turn - b.turn || compare(a.draw, b.draw));
  return withTurns.map(({ offer }) => offer);
};

const compare = <T extends string | bigint>(a: T, b: T): number => Number(a > b) - Number(a < b);

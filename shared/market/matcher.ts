/**
 * Plans which devices make up an order: whole devices of one site with one Ray version and one
 * Python minor version, for each item exactly the ordered processors, at most 64 devices, no device
 * twice, at the least possible cost; ties are spread over suppliers. Pure, and no refusal is thrown:
 * what cannot be had is an outcome.
 */
import { assert } from '../core/assert.ts';
import { sha256Hex } from '../core/hash.ts';
import {
  deviceUnitsPerHour,
  groupOffers,
  inTakingOrder,
  isEligible,
  type Offer,
  type OfferGroup,
} from './offer.ts';
import { devicesMax, itemsMax, type Order, type OrderItem } from './order.ts';
import type { Region } from './regions.ts';
import { cheapestSelections } from './selection.ts';
import { explainPrice, explainShortage, type Shortage } from './shortage.ts';

/** One device's place in a planned cluster. */
export interface PlannedNode {
  /** `line_1`, ...; the head comes first. */
  readonly lineId: string;
  readonly role: 'head' | 'worker';
  /** False for a head of its own: Ray schedules nothing on it. */
  readonly schedulable: boolean;
  readonly offer: Offer;
  /** Micro-USD per hour of the whole device. */
  readonly rateUnitsPerHour: bigint;
}

/** The devices of a cluster and what they have in common. */
export interface Match {
  readonly outcome: 'matched';
  readonly siteId: Offer['siteId'];
  readonly region: Region;
  readonly rayVersion: string;
  readonly pythonMinor: string;
  readonly nodes: readonly PlannedNode[];
  /** Micro-USD per hour of all nodes. */
  readonly unitsPerHour: bigint;
}

export type MatchPlan = Match | Shortage;

/** One site's best answer. */
interface GroupChoice {
  readonly group: OfferGroup;
  readonly head: Offer | undefined;
  readonly workers: readonly Offer[];
  readonly unitsPerHour: bigint;
}

/** The cheapest cluster that fulfils the order, or why there is none. */
export const planMatch = (
  order: Order,
  offers: readonly Offer[],
  /** Any text; decides between equal plans and nothing else. */
  tieBreak: string,
): MatchPlan => {
  const models = order.items.map(({ model }) => model);
  assert(models.length >= 1 && models.length <= itemsMax, 'an order of no or too many items');
  assert(new Set(models).size === models.length, 'a model stands twice in an order');
  const best = cheapestChoice(order, offers, tieBreak);
  if (best === undefined) {
    const anywhere = { ...order, regions: [], siteId: null };
    return explainShortage(order, offers, cheapestChoice(anywhere, offers, tieBreak)?.group.region);
  }
  if (order.unitsPerHourMax !== null && best.unitsPerHour > order.unitsPerHourMax) {
    return explainPrice(best.unitsPerHour);
  }
  return matchOf(best);
};

const matchOf = ({ group, head, workers, unitsPerHour }: GroupChoice): Match => {
  const devices = head === undefined ? workers : [head, ...workers];
  const { siteId, region, rayVersion, pythonMinor } = group;
  return {
    outcome: 'matched',
    siteId,
    region,
    rayVersion,
    pythonMinor,
    unitsPerHour,
    nodes: devices.map((offer, index) => ({
      lineId: `line_${index + 1}`,
      role: index === 0 ? 'head' : 'worker',
      schedulable: offer !== head,
      offer,
      rateUnitsPerHour: deviceUnitsPerHour(offer),
    })),
  };
};

const cheapestChoice = (
  order: Order,
  offers: readonly Offer[],
  tieBreak: string,
): GroupChoice | undefined => {
  const eligible = inTakingOrder(
    offers.filter((offer) => isEligible(offer, order)),
    tieBreak,
  );
  const drawOf = ({ siteId, rayVersion, pythonMinor }: OfferGroup) =>
    sha256Hex(`${tieBreak} ${siteId} ${rayVersion} ${pythonMinor}`);
  const groups = [...groupOffers(eligible)].sort((a, b) => (drawOf(a) < drawOf(b) ? -1 : 1));
  let best: GroupChoice | undefined;
  for (const group of groups) {
    const choice = order.head === 'own' ? withOwnHead(order, group) : withSharedHead(order, group);
    if (choice && (best === undefined || choice.unitsPerHour < best.unitsPerHour)) best = choice;
  }
  return best;
};

const withSharedHead = (order: Order, group: OfferGroup): GroupChoice | undefined => {
  const chosen = cheapestWorkers(order.items, group.offers, devicesMax);
  return chosen && { group, head: undefined, ...chosen };
};

/**
 * The head is the device that makes the whole cheapest. Of devices with the same model and size only
 * the cheapest comes into question: any plan with a dearer one as head costs no less.
 */
const withOwnHead = (order: Order, group: OfferGroup): GroupChoice | undefined => {
  const atLeast = cheapestWorkers(order.items, group.offers, devicesMax - 1);
  if (atLeast === undefined) return undefined;
  const seen = new Set<string>();
  let best: GroupChoice | undefined;
  for (const head of group.offers) {
    const kind = `${head.model} ${head.processorCount}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    if (best && deviceUnitsPerHour(head) + atLeast.unitsPerHour >= best.unitsPerHour) break;
    const rest = group.offers.filter((offer) => offer !== head);
    const chosen = cheapestWorkers(order.items, rest, devicesMax - 1);
    if (chosen === undefined) continue;
    const unitsPerHour = chosen.unitsPerHour + deviceUnitsPerHour(head);
    if (best === undefined || unitsPerHour < best.unitsPerHour) {
      best = { group, head, workers: chosen.workers, unitsPerHour };
    }
  }
  return best;
};

/** How the items share the devices: for each total number of devices the cheapest split. */
interface Split {
  readonly unitsPerHour: bigint;
  readonly devicesOfItem: readonly number[];
}

const cheapestWorkers = (
  items: readonly OrderItem[],
  offers: readonly Offer[],
  max: number,
): { readonly workers: readonly Offer[]; readonly unitsPerHour: bigint } | undefined => {
  const perItem = items.map(({ model, count }) =>
    cheapestSelections(
      offers.filter((offer) => offer.model === model),
      count,
      Math.min(count, max),
    ),
  );
  let splits = new Map<number, Split>([[0, { unitsPerHour: 0n, devicesOfItem: [] }]]);
  for (const selections of perItem) {
    const next = new Map<number, Split>();
    for (const [before, split] of splits) {
      for (let devices = 1; before + devices <= max; devices += 1) {
        const units = selections.unitsPerHour(devices);
        if (units === undefined) continue;
        const unitsPerHour = split.unitsPerHour + units;
        const known = next.get(before + devices);
        if (known !== undefined && known.unitsPerHour <= unitsPerHour) continue;
        const devicesOfItem = [...split.devicesOfItem, devices];
        next.set(before + devices, { unitsPerHour, devicesOfItem });
      }
    }
    splits = next;
  }
  // Fewest devices first, so that of equally cheap plans the one with fewer machines wins.
  const ordered = [...splits].sort(([a], [b]) => a - b).map(([, split]) => split);
  let best = ordered[0];
  for (const split of ordered) if (best && split.unitsPerHour < best.unitsPerHour) best = split;
  if (best === undefined) return undefined;
  const { devicesOfItem, unitsPerHour } = best;
  const workers = perItem.flatMap((selections, at) => selections.choose(devicesOfItem[at] ?? 0));
  return { workers, unitsPerHour };
};

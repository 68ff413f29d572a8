/**
 * Why an order cannot be had now, in words that say what to ask for instead. Counts only devices that
 * the customer could hire; of others it says at most why they are not offered. Pure.
 */
import { formatUsd } from '../core/money.ts';
import { tierSchema } from '../devices/speed-schemas.ts';
import { groupOffers, isEligible, isOfferedTo, type Offer } from './offer.ts';
import { devicesMax, type Order, type OrderItem, processorsPerDeviceMax } from './order.ts';
import type { Region } from './regions.ts';

/** More than any order can have. */
const processorsMax = devicesMax * processorsPerDeviceMax;

/** So many processors of a model can be hired together, in one site of that region. */
export interface FreeProcessors {
  readonly model: string;
  readonly region: Region;
  readonly processors: number;
}

/** An order that cannot be had now. */
export interface Shortage {
  readonly outcome: 'no_capacity';
  /** `price`: free, but dearer than the customer's limit. `capacity`: not free. */
  readonly reason: 'price' | 'capacity';
  /** What is free of the ordered models, in any region; empty for `price`. */
  readonly free: readonly FreeProcessors[];
  /** What to do, one or two sentences. */
  readonly suggestion: string;
}

/** The order is free, but not below the customer's limit. */
export const explainPrice = (unitsPerHour: bigint): Shortage => ({
  outcome: 'no_capacity',
  reason: 'price',
  free: [],
  suggestion: `The cheapest such cluster costs ${formatUsd(unitsPerHour)} per hour: raise max_price.`,
});

/** The order is not free; `elsewhere` is a region where all of it would be, if there is one. */
export const explainShortage = (
  order: Order,
  offers: readonly Offer[],
  elsewhere: Region | undefined,
): Shortage => {
  const anywhere = { ...order, regions: [], siteId: null };
  const usable = offers.filter((offer) => isEligible(offer, anywhere));
  const inside = offers.filter((offer) => isEligible(offer, order));
  const free = order.items.flatMap(({ model }) => freeOf(model, usable));
  const lacking = order.items.filter((item) => !sumsOf(item.model, inside).has(item.count));
  const advice = lacking.map(
    (item) => slowerAdvice(item, order, offers) ?? adviceFor(item, inside),
  );
  if (elsewhere !== undefined) {
    const remedy = order.siteId === null ? `add ${elsewhere}` : 'leave site out';
    advice.push(`All of it is free in ${elsewhere}: ${remedy}.`);
  } else if (lacking.length === 0) {
    const head = order.head === 'own' ? ' beside a head of its own' : '';
    advice.push(
      `Each item is free, but not all in one site${head}: order less${head && ', or a shared head'}.`,
    );
  }
  const withheld = offers.filter((offer) => !isOfferedTo(offer, order));
  if (lacking.some(({ model }) => ofModel(model, withheld).length > 0)) {
    advice.push(
      "Devices that run customers' processes unisolated are offered to their own organisation only.",
    );
  }
  return { outcome: 'no_capacity', reason: 'capacity', free, suggestion: advice.join(' ') };
};

/** The fastest speed class in which the item is free, where the order asks for a faster one. */
const slowerAdvice = (
  { model, count }: OrderItem,
  order: Order,
  offers: readonly Offer[],
): string | undefined => {
  const slower = [...tierSchema.values].filter((tier) => tier < order.tierMin);
  const fastest = slower.findLast((tierMin) => {
    const usable = offers.filter((offer) => isEligible(offer, { ...order, tierMin }));
    return sumsOf(model, usable).has(count);
  });
  return fastest === undefined
    ? undefined
    : `${count} x ${model} are free in speed class ${fastest}: lower tier_min.`;
};

const adviceFor = ({ model, count }: OrderItem, inside: readonly Offer[]): string => {
  const sums = [...sumsOf(model, inside)].sort((a, b) => a - b);
  const below = sums.findLast((sum) => sum < count);
  const above = sums.find((sum) => sum > count);
  if (below !== undefined) {
    const region = freeOf(model, inside).find(({ processors }) => processors >= below)?.region;
    return `${below} x ${model} are free in ${region}: ask for ${below}.`;
  }
  return above === undefined
    ? `No ${model} that fits is free now.`
    : `Devices are hired whole, and ${above} x ${model} is the least to be had: ask for ${above}.`;
};

/** By region, the most processors of the model that one site has free. */
const freeOf = (model: string, offers: readonly Offer[]): readonly FreeProcessors[] => {
  const most = new Map<Region, number>();
  for (const { region, offers: members } of groupOffers(ofModel(model, offers))) {
    const processors = members.reduce((sum, { processorCount }) => sum + processorCount, 0);
    most.set(region, Math.max(processors, most.get(region) ?? 0));
  }
  return [...most].map(([region, processors]) => ({ model, region, processors }));
};

/** Every number of processors of the model that whole devices of one site make up. */
const sumsOf = (model: string, offers: readonly Offer[]): ReadonlySet<number> => {
  const all = new Set<number>();
  for (const { offers: members } of groupOffers(ofModel(model, offers))) {
    const sums = new Set([0]);
    for (const { processorCount } of members) {
      for (const sum of [...sums]) {
        if (sum + processorCount <= processorsMax) sums.add(sum + processorCount);
      }
    }
    for (const sum of sums) if (sum > 0) all.add(sum);
  }
  return all;
};

const ofModel = (model: string, offers: readonly Offer[]): readonly Offer[] =>
  offers.filter((offer) => offer.model === model);

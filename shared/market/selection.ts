/**
 * Which whole devices of one model make up an exact number of processors, at least cost. Devices of
 * equal size differ only in price, so of each size the cheapest come first and a table over (devices,
 * processors) finds the optimum. Pure and exact; a property test compares it with brute force.
 */
import { assert, present } from '../core/assert.ts';
import { deviceUnitsPerHour, type Offer } from './offer.ts';

/** The cheapest choice for each number of devices. */
export interface Selections {
  /** Micro-USD per hour of the cheapest choice of exactly `devices` devices; undefined: none. */
  unitsPerHour(devices: number): bigint | undefined;
  /** Its devices, largest first. */
  choose(devices: number): readonly Offer[];
}

/** Devices of one size in the order in which they are taken, with the cost of the first k. */
interface SizeClass {
  readonly size: number;
  readonly offers: readonly Offer[];
  readonly unitsOfFirst: readonly bigint[];
}

/**
 * Finds the cheapest choices that make exactly `processors` out of at most `devicesMax` devices.
 * `offers` are of one model, in the order in which equal ones are to be taken.
 */
export const cheapestSelections = (
  offers: readonly Offer[],
  processors: number,
  devicesMax: number,
): Selections => {
  assert(processors >= 1 && devicesMax >= 0, 'a selection of nothing');
  const classes = sizeClasses(offers, processors, devicesMax);
  const width = processors + 1;
  let costs: (bigint | undefined)[] = new Array((devicesMax + 1) * width).fill(undefined);
  costs[0] = 0n;
  // For each class and cell: how many devices of the class the cheapest way there takes.
  const taken: Uint8Array[] = [];
  for (const { size, unitsOfFirst } of classes) {
    const next: typeof costs = new Array(costs.length).fill(undefined);
    const layer = new Uint8Array(costs.length);
    for (const [cell, cost] of costs.entries()) {
      if (cost === undefined) continue;
      for (const [count, units] of unitsOfFirst.entries()) {
        const target = cell + count * (width + size);
        const overflows = (cell % width) + count * size > processors || target >= costs.length;
        if (overflows) break;
        const known = next[target];
        if (known !== undefined && known <= cost + units) continue;
        next[target] = cost + units;
        layer[target] = count;
      }
    }
    costs = next;
    taken.push(layer);
  }
  return {
    unitsPerHour: (devices) => costs[devices * width + processors],
    choose: (devices) => {
      let cell = devices * width + processors;
      const chosen: Offer[] = [];
      for (const [at, { size, offers }] of [...classes.entries()].reverse()) {
        const count = present(taken[at]?.[cell], 'a cell outside the table');
        chosen.push(...offers.slice(0, count));
        cell -= count * (width + size);
      }
      assert(cell === 0, 'a choice that does not exist');
      return chosen;
    },
  };
};

/** Smallest size first, each with as many devices as could possibly be taken. */
const sizeClasses = (
  offers: readonly Offer[],
  processors: number,
  devicesMax: number,
): readonly SizeClass[] =>
  [...Map.groupBy(offers, (offer) => offer.processorCount)]
    .filter(([size]) => size <= processors)
    .sort(([a], [b]) => a - b)
    .map(([size, members]) => {
      const useful = members.slice(0, Math.min(devicesMax, Math.floor(processors / size)));
      const unitsOfFirst = [0n];
      for (const offer of useful) {
        unitsOfFirst.push((unitsOfFirst.at(-1) ?? 0n) + deviceUnitsPerHour(offer));
      }
      return { size, offers: useful, unitsOfFirst };
    });

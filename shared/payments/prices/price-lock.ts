/**
 * Price locks: for a quarter of an hour a quantity of IO is worth what it was when the payment was begun.
 * What arrives in time, up to that quantity, counts at the locked price; the rest, and what comes late, at
 * the price of now. Amounts of IO are base units (8 places).
 */
import { assert } from '../../core/assert.ts';
import { mulDivFloor } from '../../core/money.ts';
import { minuteMs } from '../../core/time.ts';
import { type IoPrice, ioOfMicros } from '../../ledger/io-price.ts';

/** How long a price is locked. */
export const priceLockMs = 15 * minuteMs;

/** What one lock may be worth, in micro-dollars: it costs nothing, and the price moves meanwhile. */
const lockMicrosMax = 10_000_000_000n;

export interface PriceLock {
  readonly price: IoPrice;
  /** Base units of IO that the price is locked for. */
  readonly units: bigint;
  /** What arrived on the chain before this counts. */
  readonly expiresAtMs: number;
}

/** Locks a price for a quantity above 0, as much of it as $10,000 buy. */
export const lockPrice = (price: IoPrice, units: bigint, nowMs: number): PriceLock => {
  assert(units > 0n, 'a lock of nothing');
  const unitsMax = ioOfMicros(lockMicrosMax, price);
  return {
    price,
    units: units < unitsMax ? units : unitsMax,
    expiresAtMs: nowMs + priceLockMs,
  };
};

/** A quantity of IO with when it arrived. */
export interface IoArrival {
  /** Base units above 0. */
  readonly units: bigint;
  /** Time of the block; where the node does not know it, when the deposit was first seen. */
  readonly arrivedAtMs: number;
  /** What was credited under the same lock before, in base units. */
  readonly usedUnits: bigint;
}

/** Of an arrival, what the locked price holds for; 0 without a lock, after its end, and when it is used up. */
export const lockedPart = (lock: PriceLock | undefined, arrival: IoArrival): bigint => {
  assert(arrival.units > 0n && arrival.usedUnits >= 0n, 'an arrival of nothing');
  if (lock === undefined || arrival.arrivedAtMs >= lock.expiresAtMs) return 0n;
  const left = lock.units > arrival.usedUnits ? lock.units - arrival.usedUnits : 0n;
  return left < arrival.units ? left : arrival.units;
};

/**
 * The one price at which an arrival is credited: the locked price for the part that it holds for, the price of
 * now for the rest, their mean by quantity where both are needed (rounded down: at most a nano-dollar per
 * whole IO less). `current` may be absent when all of it is locked; undefined when it is needed and absent.
 */
export const priceOfArrival = (
  lock: PriceLock | undefined,
  arrival: IoArrival,
  current: IoPrice | undefined,
): IoPrice | undefined => {
  const locked = lockedPart(lock, arrival);
  if (lock !== undefined && locked === arrival.units) return lock.price;
  if (current === undefined || lock === undefined || locked === 0n) return current;
  const rest = arrival.units - locked;
  const sum = locked * lock.price.nanoUsdPerIo + rest * current.nanoUsdPerIo;
  return {
    nanoUsdPerIo: mulDivFloor(sum, 1n, arrival.units),
    id: `${lock.price.id}*${locked}+${current.id}*${rest}`,
    atMs: current.atMs,
  };
};

/** Price locks: what counts at the locked price, to the base unit, and what does not. */
import fc from 'fast-check';
import { minuteMs } from '../../../shared/core/time.ts';
import { type IoPrice, microsOfIo } from '../../../shared/ledger/io-price.ts';
import {
  lockedPart,
  lockPrice,
  priceLockMs,
  priceOfArrival,
} from '../../../shared/payments/prices/price-lock.ts';
import { startMs } from '../../support/runtime.ts';

const io = 100_000_000n;
const priceOf = (nanoUsdPerIo: bigint, id: string): IoPrice => ({
  nanoUsdPerIo,
  id,
  atMs: startMs,
});
const before = priceOf(2_000_000_000n, 'before');
const now = priceOf(1_000_000_000n, 'now');
const lock = lockPrice(before, 100n * io, startMs);
const inTime = startMs + priceLockMs - 1;

describe('a price lock', () => {
  it('holds for a quarter of an hour, by when it arrived on the chain', () => {
    const arrival = { units: io, usedUnits: 0n };
    expect(lock.expiresAtMs).toBe(startMs + 15 * minuteMs);
    expect(priceOfArrival(lock, { ...arrival, arrivedAtMs: inTime }, now)).toBe(before);
    expect(priceOfArrival(lock, { ...arrival, arrivedAtMs: inTime + 1 }, now)).toBe(now);
  });

  it('holds for what is left of its quantity; the rest counts at the price of now', () => {
    const arrival = { arrivedAtMs: inTime, units: 50n * io, usedUnits: 70n * io };
    expect(lockedPart(lock, arrival)).toBe(30n * io);
    // 30 IO at $2 and 20 at $1 are $80, which is $1.60 for each.
    const price = priceOfArrival(lock, arrival, now);
    expect(price).toEqual({
      nanoUsdPerIo: 1_600_000_000n,
      id: `before*${30n * io}+now*${20n * io}`,
      atMs: startMs,
    });
    expect(microsOfIo(50n * io, price ?? now)).toBe(80_000_000n);
  });

  it('holds for nothing once it is used up', () => {
    const arrival = { arrivedAtMs: inTime, units: 1n, usedUnits: 100n * io };
    expect(lockedPart(lock, arrival)).toBe(0n);
    expect(priceOfArrival(lock, arrival, now)).toBe(now);
    expect(lockedPart(lock, { ...arrival, usedUnits: 200n * io })).toBe(0n);
  });

  it('needs no price of now for what it holds for, and waits for one where it does not', () => {
    const all = { arrivedAtMs: inTime, units: 100n * io, usedUnits: 0n };
    expect(priceOfArrival(lock, all, undefined)).toBe(before);
    expect(priceOfArrival(lock, { ...all, units: all.units + 1n }, undefined)).toBeUndefined();
    expect(priceOfArrival(undefined, all, undefined)).toBeUndefined();
    expect(priceOfArrival(undefined, all, now)).toBe(now);
  });

  it('is of ten thousand dollars at most', () => {
    const large = lockPrice(before, 1_000_000n * io, startMs);
    expect(large.units).toBe(5_000n * io);
    expect(microsOfIo(large.units, before)).toBe(10_000_000_000n);
  });

  it('splits every arrival without losing a unit, and its one price is worth what its parts are', () => {
    const amount = fc.bigInt(1n, 10n ** 17n);
    const price = fc.bigInt(1n, 10n ** 12n);
    void fc.assert(
      fc.property(
        amount,
        amount,
        fc.bigInt(0n, 10n ** 17n),
        price,
        price,
        (asked, units, usedUnits, p, q) => {
          const locked = priceOf(p, 'locked');
          const current = priceOf(q, 'current');
          const made = lockPrice(locked, asked, startMs);
          if (made.units === 0n) return;
          const arrival = { units, usedUnits, arrivedAtMs: inTime };
          const part = lockedPart(made, arrival);
          expect(part).toBeGreaterThanOrEqual(0n);
          expect(part).toBeLessThanOrEqual(units);
          expect(usedUnits + part).toBeLessThanOrEqual(
            usedUnits > made.units ? usedUnits : made.units,
          );
          const one = microsOfIo(units, priceOfArrival(made, arrival, current) ?? current);
          const parts = microsOfIo(part, locked) + microsOfIo(units - part, current);
          // Never more than a unit of rounding each way above, and a nano-dollar per whole IO below.
          expect(one).toBeLessThanOrEqual(parts + 1n);
          expect(one).toBeGreaterThanOrEqual(parts - units / 10n ** 11n - 2n);
        },
      ),
      { seed: 6 },
    );
  });
});

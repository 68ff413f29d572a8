/** Which price a token has: computed by hand, and held to its invariants whatever a source says. */
import fc from 'fast-check';
import { hourMs, minuteMs, secondMs } from '../../../shared/core/time.ts';
import {
  decideIoPrice,
  decidePeg,
  type PriceSample,
} from '../../../shared/payments/prices/token-price.ts';
import { startMs } from '../../support/runtime.ts';
import { aSample } from './samples.ts';

const dollar = 1_000_000_000n;

/** A reading each minute, the newest at `startMs`; prices in nano-dollars, oldest first. */
const everyMinute = (
  prices: readonly bigint[],
  fields: Partial<PriceSample> = {},
): readonly PriceSample[] =>
  prices.map((nanoUsd, index) =>
    aSample({
      ...fields,
      nanoUsd,
      publishedAtMs: startMs - (prices.length - 1 - index) * minuteMs,
    }),
  );

const steady = everyMinute(Array.from({ length: 11 }, () => dollar));

describe('the price of IO', () => {
  it('is the mean of ten minutes, and names the reading that ends it', () => {
    const prices = [9_000n, 100n, 102n, 104n, 106n, 108n, 110n, 108n, 106n, 104n, 106n];
    expect(decideIoPrice(everyMinute(prices), startMs)).toEqual({
      outcome: 'current',
      // The first one is ten minutes old and stands for nothing any more.
      price: { nanoUsdPerIo: 105n, id: `io:${startMs / secondMs}`, atMs: startMs },
    });
  });

  it('weighs a reading by the time that it stands for, which is two minutes at most', () => {
    const at = (minutes: number, nanoUsd: bigint) =>
      aSample({ nanoUsd, publishedAtMs: startMs - minutes * minuteMs });
    // 2 minutes of 100, 2 of 102, half a minute of 104, half a minute of 103.
    const samples = [at(7, 100n), at(1, 102n), at(0.5, 104n), at(0, 103n)];
    expect(decideIoPrice(samples, startMs)).toMatchObject({
      price: { nanoUsdPerIo: (200n + 204n + 52n + 51n) / 5n },
    });
  });

  it('is missing before the first reading', () => {
    expect(decideIoPrice([], startMs)).toEqual({ outcome: 'missing' });
  });

  it('is stale three minutes after the last reading', () => {
    expect(decideIoPrice(steady, startMs + 3 * minuteMs).outcome).toBe('current');
    expect(decideIoPrice(steady, startMs + 3 * minuteMs + 1).outcome).toBe('stale');
  });

  it('is uncertain when the newest reading may be off by more than two per cent', () => {
    const ending = (confidenceNanoUsd: bigint) => [
      ...steady.slice(0, -1),
      aSample({ publishedAtMs: startMs, confidenceNanoUsd }),
    ];
    expect(decideIoPrice(ending(dollar / 50n), startMs).outcome).toBe('current');
    expect(decideIoPrice(ending(dollar / 50n + 1n), startMs).outcome).toBe('uncertain');
  });

  it('counts no uncertain reading', () => {
    const wild = aSample({
      nanoUsd: 50n * dollar,
      confidenceNanoUsd: 2n * dollar,
      publishedAtMs: startMs - 90 * secondMs,
    });
    const samples = [...steady.slice(0, -2), wild, ...steady.slice(-2)];
    expect(decideIoPrice(samples, startMs)).toMatchObject({ price: { nanoUsdPerIo: dollar } });
  });

  it('is unsettled when the newest reading is more than five per cent from the mean', () => {
    const ending = (nanoUsd: bigint) =>
      decideIoPrice(
        [...steady.slice(0, -1), aSample({ nanoUsd, publishedAtMs: startMs })],
        startMs,
      );
    // The newest reading stands for one minute of the ten, so it draws the mean after it.
    expect(ending((dollar * 1055n) / 1000n).outcome).toBe('current');
    expect(ending((dollar * 106n) / 100n).outcome).toBe('unsettled');
    expect(ending((dollar * 94n) / 100n).outcome).toBe('unsettled');
  });

  it('is not made of one reading after a silence, but of five minutes of them', () => {
    const since = (count: number) => everyMinute(Array.from({ length: count }, () => dollar));
    expect(decideIoPrice(since(1), startMs).outcome).toBe('short_history');
    expect(decideIoPrice(since(3), startMs).outcome).toBe('short_history');
    // The first stands for two minutes before it.
    expect(decideIoPrice(since(4), startMs).outcome).toBe('current');
  });

  it('is at once what somebody set', () => {
    const set = [aSample({ nanoUsd: 7n, source: 'fixed', publishedAtMs: startMs })];
    expect(decideIoPrice(set, startMs)).toMatchObject({ price: { nanoUsdPerIo: 7n } });
  });

  it('is not taken from a reading of the future', () => {
    const ahead = aSample({ nanoUsd: 5n * dollar, publishedAtMs: startMs + minuteMs });
    expect(decideIoPrice([...steady, ahead], startMs)).toMatchObject({
      price: { nanoUsdPerIo: dollar, atMs: startMs },
    });
  });

  it('lies between the lowest and the highest reading of the window, or is none', () => {
    const readings = fc.array(
      fc.record({
        nanoUsd: fc.bigInt(1n, 10n ** 15n),
        gapMs: fc.integer({ min: secondMs, max: 4 * minuteMs }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    let priced = 0;
    void fc.assert(
      fc.property(readings, fc.boolean(), (made, calm) => {
        let atMs = startMs;
        const samples = made.map(({ nanoUsd, gapMs }) => {
          atMs += gapMs;
          return aSample({
            nanoUsd: calm ? dollar + (nanoUsd % 1_000n) : nanoUsd,
            publishedAtMs: atMs,
          });
        });
        const decision = decideIoPrice(samples, atMs);
        if (decision.outcome !== 'current') return;
        priced += 1;
        const inWindow = samples
          .filter(({ publishedAtMs }) => publishedAtMs > atMs - 10 * minuteMs)
          .map(({ nanoUsd }) => nanoUsd)
          .sort((a, b) => (a < b ? -1 : 1));
        expect(decision.price.nanoUsdPerIo).toBeGreaterThanOrEqual(inWindow[0] ?? 0n);
        expect(decision.price.nanoUsdPerIo).toBeLessThanOrEqual(inWindow.at(-1) ?? 0n);
        expect(decideIoPrice(samples, atMs + minuteMs)).toEqual(decision);
      }),
      { seed: 6 },
    );
    expect(priced).toBeGreaterThan(20);
  });
});

describe('the peg of USDC', () => {
  const usdc = (prices: readonly bigint[]) => everyMinute(prices, { token: 'usdc' });
  const par = Array.from({ length: 10 }, () => dollar);
  const low = (dollar * 97n) / 100n;
  const exact = (dollar * 98n) / 100n;

  it('holds down to 0.98, and one nano-dollar below it does not', () => {
    expect(decidePeg(usdc(par), startMs)).toBe('at_par');
    expect(decidePeg(usdc(par.map(() => exact)), startMs)).toBe('at_par');
    expect(decidePeg(usdc([...par, exact - 1n]), startMs)).toBe('depegged');
  });

  it('is lost with one reading, and back when the mean is', () => {
    const fallen = par.map(() => (dollar * 90n) / 100n);
    expect(decidePeg(usdc([...par, low]), startMs)).toBe('depegged');
    expect(decidePeg(usdc([...fallen, dollar]), startMs)).toBe('depegged');
    expect(decidePeg(usdc([...fallen, ...par]), startMs)).toBe('at_par');
  });

  it('is believed for an hour after the last certain reading', () => {
    const doubt = aSample({
      token: 'usdc',
      confidenceNanoUsd: dollar / 100n + 1n,
      publishedAtMs: startMs + minuteMs,
      nanoUsd: low,
    });
    expect(decidePeg([...usdc(par), doubt], startMs + hourMs)).toBe('at_par');
    expect(decidePeg([...usdc(par), doubt], startMs + hourMs + 1)).toBe('unknown');
    expect(decidePeg([], startMs)).toBe('unknown');
  });
});

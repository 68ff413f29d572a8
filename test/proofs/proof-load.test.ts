/** Loads and references: section 12 of the protocol in numbers, and what must hold of the table. */
import { getModel, models } from '../../shared/market/catalogue.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { policyOf, protocolPolicy } from '../../shared/proofs/policy.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import { brokenBound, type Profile } from '../../shared/proofs/protocol/parameters.ts';
import type { MeasuredProcessor } from '../../shared/proofs/reference.ts';
import { isSupported } from '../../shared/proofs/reference.ts';
import {
  aliasesOf,
  aliasGroups,
  ownSizeClassOf,
  referenceRowOf,
  referenceRows,
} from '../../shared/proofs/reference-table.ts';
import { startMs } from '../support/runtime.ts';

const gib = 2 ** 30;
const gpu = (model: string): MeasuredProcessor => ({
  kind: 'gpu',
  model,
  claim: { memory_bytes: 24 * gib },
});
const cpu = (model = 'x86-64 CPU', memoryGib = 16): MeasuredProcessor => ({
  kind: 'cpu',
  model,
  claim: { memory_bytes: memoryGib * gib },
});
const calibrated = (gops: number, mbps = 20_000) => ({ runs: [], reference: { gops, mbps } });
const load = (processor: MeasuredProcessor, profile: Profile, calibration = uncalibrated) =>
  loadOf(processor, calibration, profile, protocolPolicy, startMs);

/** Peaks from which references follow; models without one earn nothing. */
const peaked = models.filter(({ kind, peakTops }) => kind === 'gpu' && peakTops !== null);

describe('the reference table', () => {
  it('has a reference at or below its cap for every model with a peak, and for no other', () => {
    expect(peaked.length).toBeGreaterThan(30);
    const rows = referenceRows.map(({ model }) => model);
    expect(new Set(rows)).toEqual(new Set(peaked.map(({ model }) => model)));
    for (const { model, refGops, capGops } of referenceRows) {
      expect(refGops).toBeGreaterThan(0);
      expect(capGops).toBeGreaterThanOrEqual(refGops);
      expect(Number.isInteger(refGops) && Number.isInteger(capGops)).toBe(true);
      expect(capGops).toBe((getModel(model)?.peakTops ?? 0) * 1000);
    }
  });

  it('leaves a kernel at nine tenths of the peak below one and a half references', () => {
    // 0.9 of the peak without the generators' and the hashing's share: no margin is given away.
    for (const { model, refGops, capGops, sizeClass } of referenceRows) {
      if (sizeClass === ownSizeClassOf(model)) expect((capGops * 0.9) / refGops).toBeLessThan(1.5);
    }
  });

  it('names aliases both ways, exactly those that measuring cannot tell apart', () => {
    const near = (a = 0, b = 0) => Math.max(a, b) <= 1.15 * Math.min(a, b);
    for (const one of peaked) {
      const alike = peaked.filter(
        (other) =>
          other !== one &&
          near(one.peakTops ?? 0, other.peakTops ?? 0) &&
          near(one.memoryGbps ?? 0, other.memoryGbps ?? 0) &&
          near(one.memoryGib ?? 0, other.memoryGib ?? 0),
      );
      expect([one.model, ...aliasesOf(one.model)].sort()).toEqual(
        [one.model, ...alike.map(({ model }) => model)].sort(),
      );
      for (const alias of aliasesOf(one.model)) expect(aliasesOf(alias)).toContain(one.model);
    }
    const named = aliasGroups.flat();
    expect(new Set(named).size).toBe(named.length);
  });

  it('takes the newest value whose time has come', () => {
    const row = referenceRowOf('RTX 4090', 'L', startMs);
    expect(row?.refGops).toBe(428_822);
    expect(referenceRowOf('RTX 4090', 'L', (row?.effectiveFromMs ?? 0) - 1)).toBeUndefined();
    expect(referenceRowOf('RTX 5000', 'M', startMs)).toBeUndefined();
    expect(isSupported(gpu('RTX 5000'))).toBe(false);
    expect(isSupported(cpu())).toBe(true);
  });
});

describe('the load of a GPU', () => {
  it.each([
    // R for light from the protocol's table of provers at T = 4 s, P from 85 % of the memory.
    ['H100 SXM', 32_768, 74, 68, 74],
    ['B200', 32_768, 159, 153, 159],
    ['RTX 4090', 16_384, 98, 82, 98],
    ['A100 80GB', 16_384, 95, 272, 272],
    ['RTX 4080', 8_192, 440, 218, 440],
    ['RTX 3060', 8_192, 122, 164, 164],
  ])('%s: n = %d, %d rounds light, a pool of %d in %d', (model, n, rounds, pool, total) => {
    expect(load(gpu(model), 1)?.params).toMatchObject({ n, R: rounds, P: 0, L: 0, S: 0, q: 0 });
    expect(load(gpu(model), 2)?.params).toMatchObject({
      n,
      R: total,
      P: pool,
      S: 64,
      q: 8,
      K: 256,
    });
  });

  it('covers 85 % of the memory with as few rounds as can be, and lasts T at reference', () => {
    for (const { model, memoryGib } of peaked) {
      const full = load(gpu(model), 2);
      const light = load(gpu(model), 1);
      const { n = 0, k = 0, P = 0 } = full?.params ?? {};
      const memory = (memoryGib ?? 0) * gib;
      expect(100 * P * n * n).toBeGreaterThanOrEqual(85 * memory);
      expect(100 * (P - 1) * n * n).toBeLessThan(85 * memory);
      const perRoundMs = (2 * n * n * k) / ((light?.reference?.gops ?? 0) * 1e6);
      expect((light?.params.R ?? 0) * perRoundMs).toBeGreaterThanOrEqual(4_000);
      expect(((light?.params.R ?? 0) - 1) * perRoundMs).toBeLessThan(4_000);
    }
  });

  it('walks for two seconds at reference bandwidth, within the nearest power of two', () => {
    for (const { model } of peaked) {
      const full = load(gpu(model), 2);
      const { L = 0, S = 0 } = full?.params ?? {};
      const seconds = (L * S * 1024) / ((full?.reference?.mbps ?? 0) * 1e6);
      expect(Math.abs(Math.log2(seconds / 2))).toBeLessThanOrEqual(0.5);
      expect(full?.walkWithinMs).toBe(10_000 + 4 * Math.ceil(seconds * 1000));
    }
  });

  it('is of size M while hired, unless the card is smaller', () => {
    expect(load(gpu('B200'), 0)?.params).toMatchObject({ n: 8_192, k: 16_384, P: 0, profile: 0 });
    const [micro, light] = [load(gpu('RTX 3060'), 0), load(gpu('RTX 3060'), 1)];
    expect({ ...micro?.params, profile: 1 }).toEqual(light?.params);
  });

  it('keeps the bounds of the protocol, on every stage', () => {
    for (const stage of ['prod', 'local']) {
      for (const { model } of peaked) {
        for (const profile of [0, 1, 2] as const) {
          const one = loadOf(gpu(model), uncalibrated, profile, policyOf(stage), startMs);
          expect(one && brokenBound(one.params)).toBeUndefined();
        }
      }
    }
  });

  it('may last three times as long as it should at reference', () => {
    expect(load(gpu('RTX 4090'), 1)?.commitWithinMs).toBe(3 * 4_021);
    // 272 rounds of 17.6 TOP at 414 TOPS.
    expect(load(gpu('A100 80GB'), 2)?.commitWithinMs).toBe(3 * 11_547);
  });

  it('does not exist without a reference', () => {
    for (const profile of [0, 1, 2] as const) expect(load(gpu('RTX 5000'), profile)).toBeNull();
  });
});

describe('the load of a CPU', () => {
  it('is run 0 before anything is known of it: 16 rounds of size XS, no verdict about speed', () => {
    const run = load(cpu(), 2);
    expect(run).toMatchObject({ commitWithinMs: 300_000, walkWithinMs: 120_000, reference: null });
    expect(run?.params).toMatchObject({ n: 2_048, k: 4_096, R: 16, P: 16, L: 2 ** 14 });
    expect(load(cpu('x86-64 CPU', 1 / 64), 2)?.params.P).toBe(2);
    expect(load(cpu(), 1)).toBeNull();
    expect(load(cpu(), 0)).toBeNull();
  });

  it('takes the next runs from the run before, and judges no speed yet', () => {
    const run = load(cpu(), 2, { runs: [{ gops: 100, mbps: 8_000 }], reference: null });
    // ceil(4 s x 100 GOP/s / 34.36 GOP) = 12; the pool is twice that.
    expect(run?.params).toMatchObject({ n: 2_048, R: 24, P: 24, L: 2 ** 18 });
    expect(run?.reference).toBeNull();
    expect(run?.commitWithinMs).toBeLessThan(300_000);
  });

  it('is of size S from 500 GOP/s on, and for every Apple chip', () => {
    expect(load(cpu(), 1, calibrated(499))?.params.n).toBe(2_048);
    expect(load(cpu(), 1, calibrated(500))?.params.n).toBe(4_096);
    expect(load(cpu('M2'), 1, calibrated(120))?.params.n).toBe(4_096);
  });

  it('fills the memory that it sells, half of what it has, or twice its rounds, whichever is less', () => {
    const { P: small } = load(cpu('x86-64 CPU', 1 / 8), 2, calibrated(300))?.params ?? {};
    expect(small).toBe(Math.ceil((0.85 * gib) / 16 / 2 ** 22));
    const { P: large, R } = load(cpu(), 2, calibrated(300))?.params ?? {};
    expect(large).toBe(2 * 35);
    expect(R).toBe(large);
  });

  it('has no cap, and its pool is held to no table', () => {
    expect(load(cpu(), 2, calibrated(301))?.reference).toEqual({
      gops: 301,
      capGops: null,
      mbps: 20_000,
      memoryBytes: null,
    });
  });
});

/** Times are judged exactly: at a limit and a millisecond beside it, whatever the sizes. */
import {
  decide,
  effectiveMs,
  idealWalkMs,
  metricsOf,
  type ProofReference,
  type ProofTimes,
  protocolPercentages,
} from '../../../shared/proofs/protocol/decide.ts';
import { operationsOf, type ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import type { Verdict } from '../../../shared/proofs/protocol/verdict.ts';
import { walkMs, workMs } from '../../support/proofs/simulated-machine.ts';

/** Real sizes: an H100's proof of 150 rounds passes 2^53 by far. */
const full: ProofParams = {
  profile: 2,
  n: 32_768,
  k: 32_768,
  R: 80,
  P: 68,
  L: 2 ** 27,
  S: 64,
  K: 256,
  q: 8,
};
const light: ProofParams = { ...full, profile: 1, P: 0, L: 0, S: 0, q: 0 };
const reference: ProofReference = {
  gops: 1_291_000,
  capGops: 1_979_000,
  mbps: 3_350_000,
  memoryBytes: 80 * 2 ** 30,
};
const onTime: ProofTimes = { t0: 1_000_000, t1: 1_004_500, t1b: 1_004_600, t2: 1_007_200 };

const word = (verdict: Verdict): string =>
  verdict.verdict === 'passed' ? 'passed' : verdict.reason;

const committed = (ms: number): ProofTimes => ({ ...onTime, t1: onTime.t0 + ms });
const walked = (ms: number): ProofTimes => ({ ...onTime, t2: (onTime.t1b ?? 0) + ms });
const wordAt = (times: ProofTimes, of: Partial<ProofReference> = {}, params = full): string =>
  word(decide({ params, reference: { ...reference, ...of }, times }));

/** The last whole millisecond at which `holds` is true, from 1 on. */
const lastMs = (holds: (ms: number) => boolean): number => {
  let [low, high] = [1, 2 ** 40];
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
};

describe('throughput', () => {
  it('passes at 75 % of the reference and fails a millisecond later', () => {
    const last = lastMs((ms) => wordAt(committed(ms)) !== 'too_slow');
    expect([wordAt(committed(last)), wordAt(committed(last + 1))]).toEqual(['passed', 'too_slow']);
    const work = operationsOf(full);
    expect(work > 2n ** 53n || 75n * work > 2n ** 53n).toBe(true);
    expect(100n * work >= 75n * 1_291_000_000_000n * BigInt(last)).toBe(true);
    expect(100n * work >= 75n * 1_291_000_000_000n * BigInt(last + 1)).toBe(false);
  });

  it('passes at the cap and fails a millisecond earlier', () => {
    const lastOver = lastMs((ms) => wordAt(committed(ms)) === 'over_cap');
    expect([wordAt(committed(lastOver)), wordAt(committed(lastOver + 1))]).toEqual([
      'over_cap',
      'passed',
    ]);
    const rate = (ms: number) => operationsOf(full) - 1_979_000_000_000n * BigInt(ms);
    expect([rate(lastOver) > 0n, rate(lastOver + 1) > 0n]).toEqual([true, false]);
  });

  it('is exact where work and time divide without rest', () => {
    const params: ProofParams = { ...light, n: 64, k: 64, R: 1 };
    const exact = Number(operationsOf(params)) / 1e6;
    expect(exact).toBeLessThan(1);
    // 524288 operations: one reference of 1 GOP/s would need half a millisecond.
    expect(wordAt(committed(1), { gops: 1, capGops: 2 }, params)).toBe('too_slow');
    expect(wordAt(committed(0), { gops: 1, capGops: 2 }, params)).toBe('over_cap');
  });

  it('counts a commit in the first millisecond, or before the start, as over the cap', () => {
    expect(wordAt(committed(0))).toBe('over_cap');
    expect(wordAt(committed(-5))).toBe('over_cap');
  });

  it('has no cap where none is known', () => {
    expect(wordAt(committed(0), { ...reference, capGops: null })).not.toBe('over_cap');
  });
});

describe('bandwidth and pool', () => {
  it('pass at 60 % of the reference and fail a millisecond later', () => {
    const last = lastMs((ms) => wordAt(walked(ms)) !== 'walk_too_slow');
    expect([wordAt(walked(last)), wordAt(walked(last + 1))]).toEqual(['passed', 'walk_too_slow']);
    const bytes = BigInt(full.L * full.S * 1024);
    expect(10n * bytes >= 6n * 3_350_000_000n * BigInt(last)).toBe(true);
    expect(10n * bytes >= 6n * 3_350_000_000n * BigInt(last + 1)).toBe(false);
  });

  it('pass at 85 % of the memory and fail one byte above', () => {
    const pool = full.P * full.n * full.n;
    const largest = Math.floor((100 * pool) / 85);
    expect(wordAt(onTime, { memoryBytes: largest })).toBe('passed');
    expect(wordAt(onTime, { memoryBytes: largest + 1 })).toBe('pool_too_small');
  });

  it('of CPUs are not held to any memory', () => {
    expect(wordAt(onTime, { memoryBytes: null })).toBe('passed');
  });

  it('are not asked for without a walk', () => {
    const times = { ...onTime, t1b: null, t2: null };
    expect(wordAt(times, {}, light)).toBe('passed');
    expect(metricsOf({ params: light, reference, times })).toEqual({
      gops: 1_250_999,
      effCPpm: 969_016,
      mbps: null,
      poolBytes: null,
      effBPpm: null,
    });
  });
});

describe('a verdict', () => {
  it('names the first reason of the order', () => {
    const late = { ...onTime, t1: onTime.t0 + 1e7, t2: (onTime.t1b ?? 0) + 1e7 };
    expect(wordAt(late, { memoryBytes: 2 ** 50 })).toBe('too_slow');
    expect(wordAt({ ...late, t1: onTime.t0 }, { memoryBytes: 2 ** 50 })).toBe('over_cap');
    expect(wordAt({ ...late, t1: onTime.t1 }, { memoryBytes: 2 ** 50 })).toBe('walk_too_slow');
  });

  it('is passed for a run that only measures, however long it took', () => {
    const times = { ...onTime, t1: onTime.t0 + 200_000, t2: (onTime.t1b ?? 0) + 90_000 };
    expect(word(decide({ params: full, reference: null, times }))).toBe('passed');
    const { effCPpm, effBPpm, gops } = metricsOf({ params: full, reference: null, times });
    expect([effCPpm, effBPpm, gops]).toEqual([null, null, 28_147]);
  });

  it('takes other percentages where the platform says so', () => {
    const percentages = { throughputPercentMin: 5, bandwidthPercentMin: 3 };
    const slow = { ...onTime, t1: onTime.t0 + 60_000, t2: (onTime.t1b ?? 0) + 50_000 };
    const timed = { params: full, reference, times: slow };
    expect(word(decide(timed))).toBe('too_slow');
    expect(word(decide(timed, percentages))).toBe('passed');
    expect(protocolPercentages).toEqual({ throughputPercentMin: 75, bandwidthPercentMin: 60 });
  });
});

describe('limits and metrics', () => {
  it('round the expected times up', () => {
    const params: ProofParams = { ...light, n: 64, k: 64, R: 1 };
    // 524288 operations at 1 GOP/s.
    expect(effectiveMs(params, 1, 0)).toBe(1);
    expect(effectiveMs({ ...params, R: 2 }, 1, 0)).toBe(2);
    expect(effectiveMs(params, 1, 4_000)).toBe(4_000);
    expect(effectiveMs(full, reference.gops, 4_000)).toBe(4_361);
    // 64 KiB at 65.536 and at 65 MB/s: one millisecond, and a little more.
    const walk: ProofParams = { ...full, n: 64, k: 64, R: 1, P: 1, L: 64, S: 1, q: 1 };
    expect([idealWalkMs(walk, 66), idealWalkMs(walk, 65)]).toEqual([1, 2]);
  });

  it('round what was measured down, over at least a millisecond', () => {
    const metrics = metricsOf({ params: full, reference, times: onTime });
    expect(metrics).toEqual({
      gops: 1_250_999,
      effCPpm: 969_016,
      mbps: 3_383_112,
      poolBytes: 73_014_444_032,
      effBPpm: 1_009_884,
    });
    const instant = { t0: 5, t1: 5, t1b: 6, t2: 6 };
    const least = metricsOf({ params: full, reference, times: instant });
    const one = metricsOf({ params: full, reference, times: { ...instant, t1: 6, t2: 7 } });
    expect(least).toEqual(one);
  });
});

describe('a pool in the host’s memory', () => {
  // Model, memory bandwidth, link: a share of the pool that still passes, and one that does not.
  it.each([
    ['H100, PCIe 5', 3_350_000, 55_000, 0.01, 0.013],
    ['RTX 4090, PCIe 4', 1_008_000, 25_000, 0.016, 0.02],
    ['RTX 3060, PCIe 4', 360_000, 25_000, 0.045, 0.055],
    ['L4, PCIe 4', 300_000, 25_000, 0.055, 0.065],
  ])('of %s is caught', (_, mbps, linkMbps, unseen, caught) => {
    const machine = { gops: reference.gops, mbps, linkMbps, memoryBytes: 0 };
    const at = (elsewhere: number): string =>
      wordAt(walked(walkMs(machine, full, elsewhere)), { mbps });
    expect([at(0), at(unseen), at(caught), at(0.1), at(1)]).toEqual([
      'passed',
      'passed',
      'walk_too_slow',
      'walk_too_slow',
      'walk_too_slow',
    ]);
  });
});

it('a machine as fast as its reference takes the expected time', () => {
  const machine = { gops: reference.gops, mbps: 1, linkMbps: 1, memoryBytes: 0 };
  expect(Math.ceil(workMs(machine, full))).toBe(effectiveMs(full, reference.gops, 0));
});

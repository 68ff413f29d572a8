/**
 * The verdict on a proof's times, and what was measured. All in whole numbers: products that pass 2^53 are
 * bigint, limits round up, metrics round down over at least one millisecond. Times are the platform's own;
 * nothing here reads a clock.
 */
import { assert } from '../../core/assert.ts';
import { hasWalk, operationsOf, type ProofParams, poolBytesOf, walkBytesOf } from './parameters.ts';
import { failed, passed, type ThresholdReason, type Verdict } from './verdict.ts';

/** What a processor of its model is expected to do. Whole numbers above 0. */
export interface ProofReference {
  /** 10^9 operations per second. */
  readonly gops: number;
  /** The most that the model can do, in 10^9 operations per second; null for CPUs and Apple chips. */
  readonly capGops: number | null;
  /** 10^6 bytes per second. */
  readonly mbps: number;
  /** The model's memory in bytes, which the pool must nearly fill; null for CPUs and Apple chips. */
  readonly memoryBytes: number | null;
}

/** Shares of the reference, in whole percent. */
export interface ProofPercentages {
  readonly throughputPercentMin: number;
  readonly bandwidthPercentMin: number;
}

/** The protocol's own. */
export const protocolPercentages: ProofPercentages = {
  throughputPercentMin: 75,
  bandwidthPercentMin: 60,
};

/** The part of the model's memory that a pool must fill, in percent. */
export const poolPercentMin = 85;

/** When things happened, in epoch milliseconds of the platform. */
export interface ProofTimes {
  /** The slot opened, or just before the challenge was stored. */
  readonly t0: number;
  /** The commit arrived. */
  readonly t1: number;
  /** Just before the walk's seed was stored; null without a walk. */
  readonly t1b: number | null;
  /** The lanes' root arrived; null without a walk. */
  readonly t2: number | null;
}

/** Rounded down. Null: no walk, or no reference to compare with. */
export interface ProofMetrics {
  readonly gops: number;
  /** Millionths of the reference, as `effBPpm`. */
  readonly effCPpm: number | null;
  readonly mbps: number | null;
  readonly poolBytes: number | null;
  readonly effBPpm: number | null;
}

/** What a verdict on times is made of. */
export interface Timed {
  readonly params: ProofParams;
  /** Null: a run that only measures, which nothing can be too slow for. */
  readonly reference: ProofReference | null;
  readonly times: ProofTimes;
}

const ceilDiv = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

/** Operations and bytes per millisecond: 10^9 and 10^6 per second. */
const operationsPerMs = (gops: number): bigint => BigInt(gops) * 1_000_000n;
const bytesPerMs = (mbps: number): bigint => BigInt(mbps) * 1_000n;

/**
 * T_eff: the time that a proof may be expected to take, in ms. The target, or the work at the reference's
 * speed where that takes longer (a full proof of much memory), rounded up. Every limit counts in it.
 */
export const effectiveMs = (params: ProofParams, refGops: number, targetMs: number): number =>
  Math.max(targetMs, Number(ceilDiv(operationsOf(params), operationsPerMs(refGops))));

/** The time that the walk takes at the reference's bandwidth, in ms, rounded up. */
export const idealWalkMs = (params: ProofParams, refMbps: number): number =>
  Number(ceilDiv(BigInt(walkBytesOf(params)), bytesPerMs(refMbps)));

/** How long the walk took; null without one. */
const walkMsOf = (params: ProofParams, { t1b, t2 }: ProofTimes): number | null => {
  if (!hasWalk(params)) return null;
  assert(t1b !== null && t2 !== null, 'the times of a walk');
  return t2 - t1b;
};

/** At least one millisecond, for dividing. */
const divisorMs = (ms: number): bigint => BigInt(Math.max(1, ms));

/** What the proof measured. */
export const metricsOf = ({ params, reference, times }: Timed): ProofMetrics => {
  const work = operationsOf(params);
  const workMs = divisorMs(times.t1 - times.t0);
  const throughput = {
    gops: Number(work / (workMs * 1_000_000n)),
    effCPpm: reference === null ? null : Number(work / (workMs * BigInt(reference.gops))),
  };
  const walkMs = walkMsOf(params, times);
  if (walkMs === null) return { ...throughput, mbps: null, poolBytes: null, effBPpm: null };
  const bytes = BigInt(walkBytesOf(params));
  const divisor = divisorMs(walkMs);
  return {
    ...throughput,
    mbps: Number(bytes / (divisor * 1_000n)),
    poolBytes: poolBytesOf(params),
    effBPpm:
      reference === null
        ? null
        : Number((bytes * 1_000_000n) / (divisor * bytesPerMs(reference.mbps))),
  };
};

/** Whether `done` in `ms` is below this part of what the reference does per millisecond. */
const isBelow = (done: bigint, ms: number, perMs: bigint, percentMin: number): boolean =>
  100n * done < BigInt(percentMin) * perMs * BigInt(ms);

/** The verdict on times and sizes, for a proof whose opening is right. */
export const decide = (
  timed: Timed,
  percentages: ProofPercentages = protocolPercentages,
): Verdict<ThresholdReason> => {
  const { params, reference, times } = timed;
  if (reference === null) return passed;
  const work = operationsOf(params);
  const workMs = times.t1 - times.t0;
  if (isBelow(work, workMs, operationsPerMs(reference.gops), percentages.throughputPercentMin)) {
    return failed('too_slow');
  }
  if (reference.capGops !== null && work > operationsPerMs(reference.capGops) * BigInt(workMs)) {
    return failed('over_cap');
  }
  const walkMs = walkMsOf(params, times);
  if (walkMs === null) return passed;
  const walked = BigInt(walkBytesOf(params));
  if (isBelow(walked, walkMs, bytesPerMs(reference.mbps), percentages.bandwidthPercentMin)) {
    return failed('walk_too_slow');
  }
  const pool = BigInt(poolBytesOf(params));
  const memory = BigInt(reference.memoryBytes ?? 0);
  return 100n * pool < BigInt(poolPercentMin) * memory ? failed('pool_too_small') : passed;
};

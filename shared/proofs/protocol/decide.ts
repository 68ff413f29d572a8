/**
 * The verdict on a proof's times, and what was measured. All in whole numbers: products that pass 2^53 are
 * bigint, limits round up, metrics round down over at least one millisecond. Times are the platform's own;
 * nothing here reads a clock.
 */
import { hasWalk, operationsOf, type ProofParams, poolBytesOf, walkBytesOf } from './parameters.ts';
import { failed, passed, type ThresholdReason, type Verdict } from './verdict.ts';

/** What a processor of its model is expected to do; null where there is nothing to compare with yet. */
export interface ProofReference {
  /** 10^9 operations per second. */
  readonly gops: number | null;
  /** The most that the model can do, in 10^9 operations per second. */
  readonly capGops: number | null;
  /** 10^6 bytes per second. */
  readonly mbps: number | null;
  /** The model's memory in bytes, which the pool must nearly fill; null for CPUs and Apple chips. */
  readonly memoryBytes: number | null;
}

/** Shares of the reference, in whole percent. */
export interface ProofPercentages {
  readonly throughputPercentMin: number;
  readonly bandwidthPercentMin: number;
  readonly poolPercentMin: number;
}

/** The protocol's own. */
export const protocolPercentages: ProofPercentages = {
  throughputPercentMin: 75,
  bandwidthPercentMin: 60,
  poolPercentMin: 85,
};

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
  readonly effCPpm: number | null;
  readonly mbps: number | null;
  readonly poolBytes: number | null;
  readonly effBPpm: number | null;
}

const ceilDiv = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

/** Operations and bytes per millisecond: 10^9 and 10^6 per second. */
const operationsPerMs = (gops: number): bigint => BigInt(gops) * 1_000_000n;
const bytesPerMs = (mbps: number): bigint => BigInt(mbps) * 1_000n;

/**
 * The time that a proof may be expected to take, in ms: the target, or the work at the reference's speed
 * when that takes longer (a full proof of much memory). Rounded up. Every limit counts in it.
 */
export const effectiveMs = (
  params: ProofParams,
  refGops: number | null,
  targetMs: number,
): number =>
  refGops === null
    ? targetMs
    : Math.max(targetMs, Number(ceilDiv(operationsOf(params), operationsPerMs(refGops))));

/** The time that the walk takes at the reference's bandwidth, in ms, rounded up. */
export const idealWalkMs = (params: ProofParams, refMbps: number): number =>
  Number(ceilDiv(BigInt(walkBytesOf(params)), bytesPerMs(refMbps)));

/** Milliseconds between two times, at least one. */
const atLeastOneMs = (fromMs: number, untilMs: number): bigint =>
  BigInt(Math.max(1, untilMs - fromMs));

/** What the proof measured. */
export const metricsOf = (
  params: ProofParams,
  reference: ProofReference,
  times: ProofTimes,
): ProofMetrics => {
  const work = operationsOf(params);
  const workMs = atLeastOneMs(times.t0, times.t1);
  const gops = Number(work / (workMs * 1_000_000n));
  const effCPpm = reference.gops === null ? null : Number(work / (workMs * BigInt(reference.gops)));
  if (!hasWalk(params) || times.t1b === null || times.t2 === null) {
    return { gops, effCPpm, mbps: null, poolBytes: null, effBPpm: null };
  }
  const bytes = BigInt(walkBytesOf(params));
  const walkMs = atLeastOneMs(times.t1b, times.t2);
  return {
    gops,
    effCPpm,
    mbps: Number(bytes / (walkMs * 1_000n)),
    poolBytes: poolBytesOf(params),
    effBPpm:
      reference.mbps === null
        ? null
        : Number((bytes * 1_000_000n) / (walkMs * bytesPerMs(reference.mbps))),
  };
};

const isTooSlow = (work: bigint, ms: number, refGops: number, percentMin: number): boolean =>
  100n * work < BigInt(percentMin) * operationsPerMs(refGops) * BigInt(ms);

const isWalkTooSlow = (bytes: number, ms: number, refMbps: number, percentMin: number): boolean =>
  100n * BigInt(bytes) < BigInt(percentMin) * bytesPerMs(refMbps) * BigInt(ms);

/** The verdict on times and sizes, for a proof whose opening is right. */
export const decide = (input: {
  readonly params: ProofParams;
  readonly reference: ProofReference;
  readonly times: ProofTimes;
  readonly percentages: ProofPercentages;
}): Verdict<ThresholdReason> => {
  const { params, reference, times, percentages } = input;
  const work = operationsOf(params);
  const workMs = times.t1 - times.t0;
  if (
    reference.gops !== null &&
    isTooSlow(work, workMs, reference.gops, percentages.throughputPercentMin)
  ) {
    return failed('too_slow');
  }
  if (reference.capGops !== null && work > operationsPerMs(reference.capGops) * BigInt(workMs)) {
    return failed('over_cap');
  }
  if (!hasWalk(params)) return passed;
  if (
    reference.mbps !== null &&
    times.t1b !== null &&
    times.t2 !== null &&
    isWalkTooSlow(
      walkBytesOf(params),
      times.t2 - times.t1b,
      reference.mbps,
      percentages.bandwidthPercentMin,
    )
  ) {
    return failed('walk_too_slow');
  }
  const isSmall =
    reference.memoryBytes !== null &&
    100n * BigInt(poolBytesOf(params)) <
      BigInt(percentages.poolPercentMin) * BigInt(reference.memoryBytes);
  return isSmall ? failed('pool_too_small') : passed;
};

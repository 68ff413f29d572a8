/**
 * How much work a proof of a processor is: size, rounds, pool and walk by docs/proof-of-compute.md,
 * section 12, and the times by which its messages must come (sections 9 and 11). The same processor, calibration and hour
 * always give the same load, which is how agent and platform agree on it beforehand. Pure.
 */
import { assert } from '../core/assert.ts';
import { type Calibration, type Measurement, nextRunOf, runBefore } from './calibration.ts';
import type { ProofPolicy } from './policy.ts';
import type { ProofLoad, ProofReference } from './proof.ts';
import { effectiveMs, idealWalkMs } from './protocol/decide.ts';
import {
  assertParams,
  hasWalk,
  operationsOf,
  type Profile,
  type ProofParams,
} from './protocol/parameters.ts';
import {
  calibratedReference,
  type MeasuredProcessor,
  referenceOf,
  type SizedReference,
} from './reference.ts';
import { shapes } from './size-class.ts';

/** A GPU's pool covers so many hundredths of its memory. */
const poolPercent = 85n;
const roundsMax = 8_192n;
const lanesMin = 64;
const lanesMax = 2 ** 31;

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** ceil(T x ref / (2 n^2 k)), 1..8192. */
const loadedRounds = (reference: SizedReference, targetMs: number): bigint => {
  // A millisecond of 10^9 operations a second is 10^6 operations.
  const wanted = BigInt(targetMs) * BigInt(reference.gops) * 1_000_000n;
  return (
    least(ceilDiv(wanted, operationsOf({ ...shapes[reference.sizeClass], R: 1 })), roundsMax) || 1n
  );
};

/** Rounds whose leaves fill 85 % of the memory. */
const poolRounds = (memoryBytes: number, n: number): bigint =>
  ceilDiv(poolPercent * BigInt(memoryBytes), 100n * BigInt(n) * BigInt(n)) || 1n;

/** The power of two nearest to targetMs of reading at `mbps`, on the log scale. */
const lanesOf = (mbps: number, { walkTargetMs, laneSteps }: ProofPolicy): number => {
  const lanes = (walkTargetMs * mbps * 1000) / (1024 * laneSteps);
  if (lanes <= lanesMin) return lanesMin;
  return Math.min(lanesMax, 2 ** Math.round(Math.log2(lanes)));
};

/** Half of the machine's memory is what a CPU or an Apple chip sells. */
const soldBytes = ({ claim }: MeasuredProcessor): number => Math.floor(claim.memory_bytes / 2);

const lightParams = (
  profile: Profile,
  { sizeClass }: SizedReference,
  rounds: bigint,
  { samples }: ProofPolicy,
): ProofParams => ({
  profile,
  ...shapes[sizeClass],
  R: Number(rounds),
  P: 0,
  L: 0,
  S: 0,
  K: samples,
  q: 0,
});

const fullParams = (
  processor: MeasuredProcessor,
  reference: SizedReference,
  rounds: bigint,
  policy: ProofPolicy,
): ProofParams => {
  const { n, k } = shapes[reference.sizeClass];
  const pool =
    reference.memoryBytes === null
      ? least(poolRounds(soldBytes(processor), n), least(2n * rounds, roundsMax))
      : poolRounds(reference.memoryBytes, n);
  return {
    profile: 2,
    n,
    k,
    R: Number(pool > rounds ? pool : rounds),
    P: Number(pool),
    L: lanesOf(reference.mbps, policy),
    S: policy.laneSteps,
    K: policy.samples,
    q: policy.openedLanes,
  };
};

/** Limits of time that follow from work and reference. */
const timed = (params: ProofParams, reference: SizedReference, policy: ProofPolicy) => {
  assertParams(params);
  const workMs = effectiveMs(params, reference.gops, policy.targetMs);
  const walkMs = hasWalk(params) ? idealWalkMs(params, reference.mbps) : 0;
  return {
    params,
    commitWithinMs: policy.commitWithinT * workMs,
    walkWithinMs: hasWalk(params) ? policy.walkGraceMs + policy.walkIdeals * walkMs : 0,
  };
};

const measured = ({ gops, capGops, mbps, memoryBytes }: SizedReference): ProofReference => ({
  gops,
  capGops,
  mbps,
  memoryBytes,
});

/** Run 0 knows nothing of the processor: a small fixed load, and no verdict about speed. */
const runZero = (processor: MeasuredProcessor, policy: ProofPolicy): ProofLoad => {
  const { R, L, commitMs, walkMs } = policy.calibration;
  const { n, k } = shapes.XS;
  const params: ProofParams = {
    profile: 2,
    n,
    k,
    R,
    P: Number(least(BigInt(R), poolRounds(soldBytes(processor), n))),
    L,
    S: policy.laneSteps,
    K: policy.samples,
    q: policy.openedLanes,
  };
  assertParams(params);
  return { params, commitWithinMs: commitMs, walkWithinMs: walkMs, reference: null };
};

/** A scored run: loaded by the run before, judged by its openings and its limits of time alone. */
const scoredRun = (
  processor: MeasuredProcessor,
  before: Measurement,
  policy: ProofPolicy,
): ProofLoad => {
  const reference = calibratedReference(processor.model, before);
  const rounds = loadedRounds(reference, policy.targetMs);
  return {
    ...timed(fullParams(processor, reference, rounds, policy), reference, policy),
    reference: null,
  };
};

/**
 * The load of a proof of this profile that starts at `atMs`. Null where there is none: a model without
 * a reference; micro and light proofs of a processor that is not calibrated yet. Its full proofs are the
 * calibration's runs.
 */
export const loadOf = (
  processor: MeasuredProcessor,
  calibration: Calibration,
  profile: Profile,
  policy: ProofPolicy,
  atMs: number,
): ProofLoad | null => {
  const reference = referenceOf(processor, calibration, profile, atMs);
  if (reference === null) {
    if (processor.kind === 'gpu' || profile !== 2) return null;
    const run = nextRunOf(calibration);
    assert(run !== null, 'calibrated, and yet without a reference');
    const before = runBefore(calibration);
    return before === null ? runZero(processor, policy) : scoredRun(processor, before, policy);
  }
  const rounds = loadedRounds(reference, policy.targetMs);
  const params =
    profile === 2
      ? fullParams(processor, reference, rounds, policy)
      : lightParams(profile, reference, rounds, policy);
  return { ...timed(params, reference, policy), reference: measured(reference) };
};

/**
 * The numbers that the rules of Proof of Compute take, per stage: every stage uses those of
 * docs/proof-of-compute.md, except `local`, whose devices share a few busy cores with the platform
 * itself. There, limits of time are loose and loads small; what is exact stays exact. Pure data.
 */
import { dayMs, hourMs, minuteMs } from '../core/time.ts';

export interface ProofPolicy {
  /** T: milliseconds that a proof should load its processor. */
  readonly targetMs: number;
  /** A commit is accepted before t0 + this many T_eff. */
  readonly commitWithinT: number;
  /** Least throughput, in percent of the reference. */
  readonly throughputPercentMin: number;
  /** Least bandwidth, in percent of the reference. */
  readonly bandwidthPercentMin: number;
  /** What a walk should take at reference bandwidth; its number of lanes follows. */
  readonly walkTargetMs: number;
  /** A walk is accepted before t1b + walkGraceMs + walkIdeals x ideal. */
  readonly walkGraceMs: number;
  readonly walkIdeals: number;
  /** An opening is accepted for so long after its samples were drawn. */
  readonly openingMs: number;
  /** K: entries opened. */
  readonly samples: number;
  /** S: steps of a lane. */
  readonly laneSteps: number;
  /** q: lanes opened. */
  readonly openedLanes: number;
  readonly calibration: {
    /** R and L of run 0. */
    readonly R: number;
    readonly L: number;
    /** Limits of run 0. */
    readonly commitMs: number;
    readonly walkMs: number;
    /** Runs after run 0; the reference is their median. */
    readonly runs: number;
  };
  /** The period of slots. */
  readonly slotMinutes: number;
  readonly oneIn: number;
  readonly fullOneIn: number;
  readonly rollOneIn: number;
  /** A full pass counts for so long; time hired does not count. */
  readonly fullPassValidMs: number;
  /** An idle processor whose last full pass is older is sent a recheck. */
  readonly recheckAfterMs: number;
  /** A missed or failed roll call costs at least so many hours, its own among them, and all until one is passed. */
  readonly rollCallCostsHours: number;
}

/** The protocol's numbers. */
export const protocolPolicy: ProofPolicy = {
  targetMs: 4_000,
  commitWithinT: 3,
  throughputPercentMin: 75,
  bandwidthPercentMin: 60,
  walkTargetMs: 2_000,
  walkGraceMs: 10_000,
  walkIdeals: 4,
  openingMs: minuteMs,
  samples: 256,
  laneSteps: 64,
  openedLanes: 8,
  calibration: { R: 16, L: 2 ** 14, commitMs: 5 * minuteMs, walkMs: 2 * minuteMs, runs: 3 },
  slotMinutes: 10,
  oneIn: 6,
  fullOneIn: 24,
  rollOneIn: 144,
  fullPassValidMs: 7 * dayMs,
  recheckAfterMs: 36 * hourMs,
  rollCallCostsHours: 24,
};

const localPolicy: ProofPolicy = {
  ...protocolPolicy,
  targetMs: 1_000,
  commitWithinT: 60,
  throughputPercentMin: 5,
  bandwidthPercentMin: 3,
  walkTargetMs: 250,
  walkGraceMs: minuteMs,
  walkIdeals: 40,
  openingMs: 2 * minuteMs,
  calibration: { R: 2, L: 2 ** 10, commitMs: 5 * minuteMs, walkMs: 2 * minuteMs, runs: 2 },
};

/** The policy of a stage. */
export const policyOf = (stage: string): ProofPolicy =>
  stage === 'local' ? localPolicy : protocolPolicy;

/**
 * What the platform remembers of a processor between its proofs: its calibration, what the gate of an
 * hour builds on, and its strikes. Proofs that end change it at once where they must; the hour's calls
 * are folded in when the hour is judged (`judge-hour.ts`). Pure.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { afterRun, type Calibration, uncalibrated } from './calibration.ts';
import { nextFullHour } from './place.ts';
import type { ProofPolicy } from './policy.ts';
import type { Profile } from './protocol/parameters.ts';
import { isFraud, strikeWindowMs } from './strike.ts';

/** A challenge that ended, kept until its hour is judged. */
export interface EndedChallenge {
  /** t0. */
  readonly atMs: number;
  readonly profile: Profile;
  readonly passed: boolean;
  /** Whether an opening came: also a slow answer is one. */
  readonly answered: boolean;
  /** Whether all idle processors of its group were challenged with it; else a pass counts for nothing. */
  readonly counts: boolean;
}

export interface ProcessorRecord {
  readonly processorId: Id<'prc'>;
  readonly deviceId: Id<'dev'>;
  readonly organisationId: Id<'org'>;
  readonly model: string;
  readonly kind: 'gpu' | 'cpu';
  /** The first hour that it counts in; null until its first full pass. */
  readonly countsFromMs: number | null;
  readonly calibration: Calibration;
  /** Its last full pass; null before that of verify-device, and again after a strike. */
  readonly provedAtMs: number | null;
  /** The last full pass that counts for gates. */
  readonly lastFullPassAtMs: number | null;
  /** Time hired since that pass, in judged hours. */
  readonly hiredSinceFullPassMs: number;
  readonly lastCall: { readonly atMs: number; readonly passed: boolean } | null;
  readonly lastFullCall: { readonly atMs: number; readonly answered: boolean } | null;
  /** A missed roll call shuts it out until then. */
  readonly excludedUntilMs: number | null;
  /** Times of its strikes in the last 30 days, oldest first. */
  readonly strikes: readonly number[];
  /** Challenges that ended and whose hour is not judged yet, oldest first. */
  readonly challenges: readonly EndedChallenge[];
  /** The start of the last judged hour. */
  readonly judgedHourMs: number | null;
  /** What its last passed proof measured. */
  readonly lastMetrics: LastMetrics | null;
  /** Grows by one with each change. */
  readonly version: number;
}

export interface LastMetrics {
  readonly atMs: number;
  readonly gops: number;
  /** Null without a walk, as the pool. */
  readonly mbps: number | null;
  readonly poolBytes: number | null;
}

/** A proof that has ended, or a challenge that expired without one. */
export interface EndedProof {
  /** t0. */
  readonly atMs: number;
  readonly purpose: 'slot' | 'onboarding' | 'acceptance' | 'recheck';
  readonly profile: Profile;
  readonly passed: boolean;
  /** Null when passed. */
  readonly reason: string | null;
  readonly metrics: {
    readonly gops: number;
    readonly mbps: number | null;
    readonly poolBytes: number | null;
  } | null;
  /** As in EndedChallenge; of no meaning for slots. */
  readonly counts: boolean;
}

/** Most challenges that wait for their hour to be judged; the oldest are forgotten beyond it. */
const challengesMax = 32;

/** The record of a processor that is seen for the first time. */
export const newRecord = (
  processor: {
    readonly id: Id<'prc'>;
    readonly deviceId: Id<'dev'>;
    readonly model: string;
    readonly kind: 'gpu' | 'cpu';
  },
  organisationId: Id<'org'>,
): ProcessorRecord => ({
  processorId: processor.id,
  deviceId: processor.deviceId,
  organisationId,
  model: processor.model,
  kind: processor.kind,
  countsFromMs: null,
  calibration: uncalibrated,
  provedAtMs: null,
  lastFullPassAtMs: null,
  hiredSinceFullPassMs: 0,
  lastCall: null,
  lastFullCall: null,
  excludedUntilMs: null,
  strikes: [],
  challenges: [],
  judgedHourMs: null,
  lastMetrics: null,
  version: 1,
});

/** Holds for every record, before it is written and after it was read; a breach is a bug. */
export const assertRecord = (record: ProcessorRecord): ProcessorRecord => {
  const { processorId } = record;
  assert(record.version >= 1, `${processorId}: version ${record.version}`);
  assert(
    record.calibration.reference === null || record.kind === 'cpu',
    `${processorId}: a GPU with a calibration`,
  );
  return record;
};

/** The record with these changes, one version on. */
export const changedRecord = (
  record: ProcessorRecord,
  changes: Partial<ProcessorRecord>,
): ProcessorRecord => assertRecord({ ...record, ...changes, version: record.version + 1 });

/** Whether there is something to measure it by: a GPU has its model's reference, a CPU its own. */
const isMeasured = (record: ProcessorRecord, calibration: Calibration): boolean =>
  record.kind === 'gpu' || calibration.reference !== null;

const calibrationAfter = (
  record: ProcessorRecord,
  { passed, profile, metrics }: EndedProof,
  policy: ProofPolicy,
): Calibration => {
  const measures = record.kind === 'cpu' && passed && profile === 2;
  if (!measures || metrics === null || metrics.mbps === null) return record.calibration;
  return afterRun(record.calibration, { gops: metrics.gops, mbps: metrics.mbps }, policy);
};

/**
 * The record after a proof has ended or a challenge expired, at `nowMs`; the same object when that
 * leaves no trace before the hour is judged. Belongs into the transaction that ends the proof, at the
 * record's version.
 */
export const recordAfter = (
  record: ProcessorRecord,
  proof: EndedProof,
  policy: ProofPolicy,
  nowMs: number,
): ProcessorRecord => {
  const changes: { -readonly [K in keyof ProcessorRecord]?: ProcessorRecord[K] } = {};
  if (proof.purpose !== 'slot') {
    const ended = {
      atMs: proof.atMs,
      profile: proof.profile,
      passed: proof.passed,
      answered: proof.passed || proof.reason !== 'expired',
      counts: proof.counts,
    };
    changes.challenges = [...record.challenges, ended].slice(-challengesMax);
  }
  if (proof.passed && proof.profile === 2) {
    changes.calibration = calibrationAfter(record, proof, policy);
    const verified = record.provedAtMs !== null || proof.purpose === 'onboarding';
    if (verified && isMeasured(record, changes.calibration)) {
      changes.provedAtMs = proof.atMs;
      changes.countsFromMs = record.countsFromMs ?? nextFullHour(nowMs);
    }
  }
  if (proof.passed && proof.metrics) {
    const { gops, mbps, poolBytes } = proof.metrics;
    changes.lastMetrics = { atMs: proof.atMs, gops, mbps, poolBytes };
  }
  if (isFraud(proof.reason)) {
    const recent = record.strikes.filter((atMs) => atMs > nowMs - strikeWindowMs);
    changes.strikes = [...recent, nowMs];
    changes.provedAtMs = null;
  }
  const leavesTrace =
    proof.purpose !== 'slot' || isFraud(proof.reason) || (proof.passed && proof.profile === 2);
  return leavesTrace ? changedRecord(record, changes) : record;
};

/** Whether the processor is called in slots at that time. */
export const countsAt = ({ countsFromMs }: ProcessorRecord, atMs: number): boolean =>
  countsFromMs !== null && countsFromMs <= atMs;

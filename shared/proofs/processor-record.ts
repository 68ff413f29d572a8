/**
 * What the platform remembers of a processor between its proofs: its calibration, what the gate of an
 * hour builds on, and its strikes. Proofs that end change it at once where they must; the hour's calls
 * are folded in when the hour is judged (`judge-hour.ts`). Pure.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { strikesCountMs } from '../devices/proved.ts';
import { afterRun, type Calibration, uncalibrated } from './calibration.ts';
import { nextFullHour } from './place.ts';
import type { ProofPolicy } from './policy.ts';
import type { Profile } from './protocol/parameters.ts';
import type { ProofPurpose, ProofReason } from './schemas.ts';
import { isFraud } from './strike.ts';

/**
 * A challenge that ended and counts for the gate of its hour: passed together with its whole group, or
 * failed by what no delay explains.
 */
export interface EndedChallenge {
  /** t0. */
  readonly atMs: number;
  readonly profile: Profile;
  readonly passed: boolean;
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
  /** When verify-device last proved it; null before that, and again after a strike. */
  readonly provedAtMs: number | null;
  /** When verify-device proved it for the first time since its last strike. */
  readonly verifiedAtMs: number | null;
  /** The last full pass that counts for gates. */
  readonly lastFullPassAtMs: number | null;
  /** Time hired since that pass, in judged hours. */
  readonly hiredSinceFullPassMs: number;
  readonly lastCall: { readonly atMs: number; readonly passed: boolean } | null;
  readonly lastFullCall: { readonly atMs: number; readonly answered: boolean } | null;
  /** A roll call that was not passed shuts it out until then. */
  readonly excludedUntilMs: number | null;
  /** Its last roll call was not passed. */
  readonly owesRollCall: boolean;
  /** Times of its strikes in the last 30 days, oldest first. */
  readonly strikes: readonly number[];
  /** Challenges that ended and whose hour is not judged yet, oldest first. */
  readonly challenges: readonly EndedChallenge[];
  /** The start of the last judged hour. */
  readonly judgedHourMs: number | null;
  /** What its last full pass measured. */
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
  readonly purpose: ProofPurpose;
  readonly profile: Profile;
  readonly passed: boolean;
  /** Null when passed. */
  readonly reason: ProofReason | null;
  readonly metrics: {
    readonly gops: number;
    readonly mbps: number | null;
    readonly poolBytes: number | null;
  } | null;
  /** Whether it committed to anything. */
  readonly committed: boolean;
  /** Whether all idle processors of its group were challenged at once; of no meaning for slots. */
  readonly wholeGroup: boolean;
}

/** Most challenges that wait for their hour to be judged; the oldest are forgotten beyond it. */
const challengesMax = 32;

/** The record of a processor that is seen for the first time: at version 0, which is never stored. */
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
  verifiedAtMs: null,
  lastFullPassAtMs: null,
  hiredSinceFullPassMs: 0,
  lastCall: null,
  lastFullCall: null,
  excludedUntilMs: null,
  owesRollCall: false,
  strikes: [],
  challenges: [],
  judgedHourMs: null,
  lastMetrics: null,
  version: 0,
});

/** Holds for every record, before it is written and after it was read; a breach is a bug. */
export const assertRecord = (record: ProcessorRecord): ProcessorRecord => {
  const { processorId } = record;
  assert(record.version >= 0, `${processorId}: version ${record.version}`);
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
 * Failures that may be the platform's own: the command of a challenge reached the device late or never.
 * They leave the challenge without effect; in a slot, which nobody has to be told of, they count. Who has
 * committed had the command, and gives up because of what it would have to show.
 */
const isDelay = ({ reason, committed }: EndedProof): boolean =>
  reason === 'too_slow' || (reason === 'expired' && !committed);

/** Whether the end of a challenge is told to the gate of its hour. */
const countsForGate = (proof: EndedProof): boolean =>
  proof.purpose !== 'slot' && (proof.passed ? proof.wholeGroup : !isDelay(proof));

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
  const changes = {
    ...(countsForGate(proof) ? withChallenge(record, proof) : {}),
    ...(proof.passed && proof.profile === 2 ? withFullPass(record, proof, policy, nowMs) : {}),
    ...(isFraud(proof.reason) ? withStrike(record, nowMs) : {}),
  };
  return Object.keys(changes).length === 0 ? record : changedRecord(record, changes);
};

const withChallenge = (
  { challenges }: ProcessorRecord,
  { atMs, profile, passed }: EndedProof,
): Partial<ProcessorRecord> => ({
  challenges: [...challenges, { atMs, profile, passed }].slice(-challengesMax),
});

/** Only verify-device proves a processor; later passes calibrate and measure it. */
const withFullPass = (
  record: ProcessorRecord,
  proof: EndedProof,
  policy: ProofPolicy,
  nowMs: number,
): Partial<ProcessorRecord> => {
  const calibration = calibrationAfter(record, proof, policy);
  const { gops = 0, mbps = null, poolBytes = null } = proof.metrics ?? {};
  const measured = { calibration, lastMetrics: { atMs: proof.atMs, gops, mbps, poolBytes } };
  const countsFromMs = record.countsFromMs ?? nextFullHour(nowMs);
  if (proof.purpose !== 'onboarding' || !isMeasured(record, calibration)) return measured;
  const verifiedAtMs = record.provedAtMs === null ? nowMs : record.verifiedAtMs;
  return { ...measured, provedAtMs: nowMs, verifiedAtMs, countsFromMs };
};

const withStrike = (record: ProcessorRecord, nowMs: number): Partial<ProcessorRecord> => ({
  strikes: [...record.strikes.filter((atMs) => nowMs - atMs < strikesCountMs), nowMs],
  provedAtMs: null,
});

/** Whether the processor is called in slots at that time. */
export const countsAt = ({ countsFromMs }: ProcessorRecord, atMs: number): boolean =>
  countsFromMs !== null && countsFromMs <= atMs;

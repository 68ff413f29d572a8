/**
 * The gate of an hour: whether a processor proved itself well enough to be rewarded for it. A pure fold
 * of the hour's calls into the processor's record. Invariant: the same record and the same hour give the
 * same gate and the same next record, and the outcome of an hour depends on no later call.
 */
import { assert } from '../core/assert.ts';
import { hourMs } from '../core/time.ts';
import { type GateReason, gateReasons, type HourCall } from './gate.ts';
import type { HiredAs } from './hired-as.ts';
import { judgedWithinMs } from './place.ts';
import type { ProofPolicy } from './policy.ts';
import { changedRecord, type ProcessorRecord } from './processor-record.ts';

/** What happened to a processor in an hour. */
export interface ProcessorHour {
  readonly startMs: number;
  /** Each at its time, in any order. */
  readonly calls: readonly HourCall[];
  /** How the device was hired as each slot of the hour opened; null: idle. */
  readonly hired: readonly { readonly atMs: number; readonly as: HiredAs | null }[];
}

export interface Judgement {
  /** Null: passed. */
  readonly reason: GateReason | null;
  /** The calls that were judged, oldest first. */
  readonly calls: readonly HourCall[];
  readonly record: ProcessorRecord;
}

/**
 * Judges the hour. Null for an hour that the processor does not count in: before its first one, and
 * hours that were judged already.
 */
export const judgeHour = (
  record: ProcessorRecord,
  hour: ProcessorHour,
  policy: ProofPolicy,
): Judgement | null => {
  const { startMs } = hour;
  assert(startMs % hourMs === 0, `an hour that starts at ${startMs}`);
  if (record.countsFromMs === null || record.countsFromMs > startMs) return null;
  if (record.judgedHourMs !== null && record.judgedHourMs >= startMs) return null;
  const calls = hour.calls.toSorted((a, b) => a.atMs - b.atMs);
  for (const { atMs } of calls) {
    assert(atMs >= startMs && atMs < startMs + hourMs, 'a call of another hour');
  }
  const folded = withHours(calls.reduce(foldCall, record), hour, policy);
  const after = changedRecord(withRollCalls(folded, calls, startMs, policy), {
    judgedHourMs: startMs,
    challenges: record.challenges.filter(({ atMs }) => atMs >= startMs + hourMs),
  });
  return { reason: reasonOf({ before: record, after, calls, hour, policy }), calls, record: after };
};

/**
 * The hours up to `lastHourMs` that the processor is still to be judged for, oldest first. Hours that are
 * longer ago than places are remembered are given up: they stay without a gate.
 */
export const hoursToJudge = (
  { countsFromMs, judgedHourMs }: ProcessorRecord,
  lastHourMs: number,
): readonly number[] => {
  if (countsFromMs === null) return [];
  const next = judgedHourMs === null ? countsFromMs : judgedHourMs + hourMs;
  const firstMs = Math.max(countsFromMs, next, lastHourMs - judgedWithinMs + hourMs);
  const hours = Math.max(0, (lastHourMs - firstMs) / hourMs + 1);
  return Array.from({ length: hours }, (_, index) => firstMs + index * hourMs);
};

/** The challenges of the record that count as calls of the hour. */
export const challengeCalls = (
  { challenges }: ProcessorRecord,
  startMs: number,
): readonly HourCall[] =>
  challenges
    .filter(({ atMs }) => atMs >= startMs && atMs < startMs + hourMs)
    .map(({ atMs, profile, passed }) => ({
      atMs,
      source: 'challenge',
      profile,
      rollCall: false,
      outcome: passed ? 'passed' : 'failed',
    }));

/**
 * A passed challenge renews the full pass and nothing else: in a network of its own, an identity without
 * a GPU would open its gate by a recheck, which its cohort is not called for.
 */
const foldCall = (record: ProcessorRecord, call: HourCall): ProcessorRecord => {
  const { atMs, source, outcome, profile } = call;
  const passed = outcome === 'passed';
  const lastCall = source === 'challenge' && passed ? record.lastCall : { atMs, passed };
  if (profile !== 2) return { ...record, lastCall };
  const lastFullCall = { atMs, answered: outcome === 'passed' || outcome === 'failed' };
  if (!passed) return { ...record, lastCall, lastFullCall };
  return { ...record, lastCall, lastFullCall, lastFullPassAtMs: atMs, hiredSinceFullPassMs: 0 };
};

/** Adds the time hired in this hour since the last full pass: it does not age that pass. */
const withHours = (
  record: ProcessorRecord,
  { hired }: ProcessorHour,
  { slotMinutes }: ProofPolicy,
): ProcessorRecord => {
  const since = record.lastFullPassAtMs ?? 0;
  const slots = hired.filter(({ as, atMs }) => isExempt(as) && atMs > since).length;
  const hiredSinceFullPassMs = record.hiredSinceFullPassMs + slots * slotMinutes * 60_000;
  return { ...record, hiredSinceFullPassMs };
};

const isExempt = (as: HiredAs | null): boolean => as === 'micro' || as === 'no_consent';

const withRollCalls = (
  record: ProcessorRecord,
  calls: readonly HourCall[],
  startMs: number,
  { rollCallCostsHours }: ProofPolicy,
): ProcessorRecord => {
  const rollCalls = calls.filter(({ rollCall }) => rollCall);
  const last = rollCalls.at(-1);
  const owesRollCall = last ? last.outcome !== 'passed' : record.owesRollCall;
  const lost = rollCalls.some(({ outcome }) => outcome !== 'passed');
  const excluded = lost ? { excludedUntilMs: startMs + rollCallCostsHours * hourMs } : {};
  return { ...record, owesRollCall, ...excluded };
};

interface Judged {
  readonly before: ProcessorRecord;
  readonly after: ProcessorRecord;
  readonly calls: readonly HourCall[];
  readonly hour: ProcessorHour;
  readonly policy: ProofPolicy;
}

/** Each reason with what must hold for it; the first that does is told. */
const applies: Readonly<Record<GateReason, (judged: Judged) => boolean>> = {
  no_consent: ({ hour }) => hour.hired.some(({ as }) => as === 'no_consent'),
  not_verified: ({ after, hour }) => isUnverified(after, hour.startMs + hourMs),
  roll_call_missed: ({ calls }) => calls.some((call) => call.rollCall && isMissed(call)),
  roll_call_failed: ({ calls }) => calls.some((call) => call.rollCall && isFailed(call)),
  roll_call_excluded: ({ before, after, hour }) =>
    (before.excludedUntilMs !== null && before.excludedUntilMs > hour.startMs) ||
    after.owesRollCall,
  call_missed: ({ calls }) => calls.some(isMissed),
  call_failed: ({ calls }) => calls.some(isFailed),
  no_call_yet: ({ after }) => after.lastCall === null,
  last_call_not_passed: ({ after }) => after.lastCall?.passed === false,
  full_call_unanswered: ({ after }) => after.lastFullCall?.answered === false,
  no_full_pass: ({ after }) => after.lastFullPassAtMs === null,
  full_pass_too_old: ({ after, hour, policy }) =>
    fullPassAgeMs(after, hour.startMs + hourMs) > policy.fullPassValidMs,
};

const isMissed = ({ outcome }: HourCall): boolean => outcome === 'missed';
const isFailed = ({ outcome }: HourCall): boolean => outcome === 'failed' || outcome === 'expired';

/** Struck before the end of the hour, and not verified again by then. */
const isUnverified = ({ strikes, verifiedAtMs }: ProcessorRecord, untilMs: number): boolean =>
  strikes.some((struckAtMs) => {
    const isCleared = verifiedAtMs !== null && verifiedAtMs > struckAtMs && verifiedAtMs < untilMs;
    return struckAtMs < untilMs && !isCleared;
  });

const reasonOf = (judged: Judged): GateReason | null =>
  gateReasons.find((reason) => applies[reason](judged)) ?? null;

/** Age of the last full pass at that time, without the time hired since; infinite without a pass. */
export const fullPassAgeMs = (
  {
    lastFullPassAtMs,
    hiredSinceFullPassMs,
  }: Pick<ProcessorRecord, 'lastFullPassAtMs' | 'hiredSinceFullPassMs'>,
  atMs: number,
): number =>
  lastFullPassAtMs === null
    ? Number.POSITIVE_INFINITY
    : atMs - lastFullPassAtMs - hiredSinceFullPassMs;

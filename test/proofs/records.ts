/** Records, calls and hours for the tests of the rules. */
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import type { HourCall } from '../../shared/proofs/gate.ts';
import { judgeHour, type ProcessorHour } from '../../shared/proofs/judge-hour.ts';
import { protocolPolicy } from '../../shared/proofs/policy.ts';
import {
  changedRecord,
  type EndedProof,
  newRecord,
  type ProcessorRecord,
} from '../../shared/proofs/processor-record.ts';
import { testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';

/** An RTX 4090 that was verified long ago, passed its last call an hour ago and its last full one then. */
export const aRecord = (changes: Partial<ProcessorRecord> = {}): ProcessorRecord => ({
  ...changedRecord(
    newRecord(
      {
        id: 'prc_00000000000000000000000001',
        deviceId: testId('dev', 1),
        model: 'RTX 4090',
        kind: 'gpu',
      },
      testId('org', 1),
    ),
    {
      countsFromMs: startMs - 100 * hourMs,
      provedAtMs: startMs - 101 * hourMs,
      lastFullPassAtMs: startMs - hourMs,
      lastCall: { atMs: startMs - hourMs, passed: true },
      lastFullCall: { atMs: startMs - hourMs, answered: true },
      judgedHourMs: startMs - hourMs,
    },
  ),
  ...changes,
});

/** A passed light slot call, minutes into the hour that starts at `startMs`. */
export const aCall = (minutes: number, changes: Partial<HourCall> = {}): HourCall => ({
  atMs: startMs + minutes * minuteMs,
  source: 'slot',
  profile: 1,
  rollCall: false,
  outcome: 'passed',
  ...changes,
});

/** The hour at `startMs`, idle unless said otherwise. */
export const anHour = (
  calls: readonly HourCall[],
  changes: Partial<ProcessorHour> = {},
): ProcessorHour => {
  const from = changes.startMs ?? startMs;
  const hired = [0, 10, 20, 30, 40, 50].map((minutes) => ({
    atMs: from + minutes * minuteMs,
    as: null,
  }));
  return { startMs: from, calls, hired, ...changes };
};

/** Judges by the protocol's numbers an hour that counts. */
export const judged = (record: ProcessorRecord, hour: ProcessorHour) => {
  const judgement = judgeHour(record, hour, protocolPolicy);
  if (!judgement) throw new Error('the hour was not judged');
  return judgement;
};

/** A passed onboarding proof of an RTX 4090. */
export const anEndedProof = (changes: Partial<EndedProof> = {}): EndedProof => ({
  atMs: startMs,
  purpose: 'onboarding',
  profile: 2,
  passed: true,
  reason: null,
  metrics: { gops: 430_000, mbps: 900_000, poolBytes: 22_011_707_392 },
  committed: true,
  wholeGroup: false,
  ...changes,
});

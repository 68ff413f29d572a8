/** Calibration and what proofs leave on a processor's record. */
import fc from 'fast-check';
import { dayMs, hourMs } from '../../shared/core/time.ts';
import { afterRun, type Calibration, uncalibrated } from '../../shared/proofs/calibration.ts';
import { policyOf, protocolPolicy } from '../../shared/proofs/policy.ts';
import {
  type EndedProof,
  newRecord,
  type ProcessorRecord,
  recordAfter,
} from '../../shared/proofs/processor-record.ts';
import { proofReasons } from '../../shared/proofs/protocol/verdict.ts';
import { isFraud } from '../../shared/proofs/strike.ts';
import { testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';
import { anEndedProof, aRecord } from './records.ts';

const run = (gops: number, mbps = gops * 10) => ({ gops, mbps });
const calibratedBy = (runs: readonly number[], policy = protocolPolicy): Calibration =>
  runs.reduce((calibration, gops) => afterRun(calibration, run(gops), policy), uncalibrated);

describe('calibration', () => {
  it('takes the median of the three runs after run 0', () => {
    expect(calibratedBy([500, 90, 110]).reference).toBeNull();
    expect(calibratedBy([500, 90, 110, 100]).reference).toEqual(run(100));
    expect(calibratedBy([1, 110, 100, 90]).reference).toEqual(run(100));
  });

  it('takes two runs on stage local, and the lower of them', () => {
    expect(calibratedBy([500, 120], policyOf('local')).reference).toBeNull();
    expect(calibratedBy([500, 120, 80], policyOf('local')).reference).toEqual(run(80));
  });

  it('rises with the median of the newest passes, never with one, and never falls', () => {
    const base = calibratedBy([1, 100, 100, 100]);
    const once = afterRun(base, run(150), protocolPolicy);
    expect(once.reference).toEqual(run(100));
    const twice = afterRun(once, run(140), protocolPolicy);
    expect(twice.reference).toEqual(run(140));
    const runs = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(runs, (drawn) => {
        let calibration = uncalibrated;
        let before = 0;
        for (const gops of drawn) {
          calibration = afterRun(calibration, run(gops), protocolPolicy);
          const now = calibration.reference?.gops ?? 0;
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
        expect(calibration.runs.length).toBeLessThanOrEqual(3);
        expect(before).toBeGreaterThanOrEqual(1);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

const record = (kind: 'gpu' | 'cpu' = 'gpu'): ProcessorRecord =>
  newRecord(
    { id: 'prc_1', deviceId: testId('dev', 1), model: kind === 'gpu' ? 'RTX 4090' : 'Ryzen', kind },
    testId('org', 1),
  );

const ended = (before: ProcessorRecord, proof: Partial<EndedProof>, nowMs = startMs + 60_000) =>
  recordAfter(before, anEndedProof(proof), protocolPolicy, nowMs);

describe('a record', () => {
  it('counts from the next full hour after verification passed', () => {
    const now = ended(record(), {}, startMs + 1);
    expect(now).toMatchObject({
      version: 1,
      provedAtMs: startMs + 1,
      countsFromMs: startMs + hourMs,
      lastMetrics: { atMs: startMs, gops: 430_000 },
    });
    // The pass of verify-device was not made together with its network: the gate does not know it.
    expect(now).toMatchObject({ lastFullPassAtMs: null, challenges: [] });
  });

  it('counts a CPU once it is calibrated', () => {
    let now = record('cpu');
    for (const gops of [100, 90, 110]) {
      now = ended(now, { metrics: { gops, mbps: 9_000, poolBytes: 1 } });
      expect(now.countsFromMs).toBeNull();
    }
    now = ended(now, { metrics: { gops: 100, mbps: 9_000, poolBytes: 1 } });
    expect(now.calibration.reference).toEqual({ gops: 100, mbps: 9_000 });
    expect(now.countsFromMs).toBe(startMs + hourMs);
  });

  it('is proved by verify-device alone', () => {
    const slot = ended(record(), { purpose: 'slot' });
    expect(slot).toMatchObject({ provedAtMs: null, countsFromMs: null });
  });

  it('is left as it is by passes and failures of slots that are not full', () => {
    const light = { purpose: 'slot', profile: 1 } as const;
    const before = aRecord();
    expect(ended(before, light)).toBe(before);
    expect(ended(before, { ...light, passed: false, reason: 'too_slow', metrics: null })).toBe(
      before,
    );
  });

  it('tells the gate a pass made together with the whole group, and no other', () => {
    const recheck = { purpose: 'recheck' } as const;
    expect(ended(aRecord(), { ...recheck, wholeGroup: true }).challenges).toEqual([
      { atMs: startMs, profile: 2, passed: true },
    ]);
    expect(ended(aRecord(), recheck).challenges).toEqual([]);
  });

  it('tells the gate a failed challenge, except where the command may have come late', () => {
    const failed = { purpose: 'recheck', passed: false, metrics: null } as const;
    const isTold = (reason: EndedProof['reason'], committed: boolean) =>
      ended(aRecord(), { ...failed, reason, committed }).challenges.length === 1;
    // Who saw what it would have to open had the command, and cannot say that it came late.
    expect(proofReasons.filter((reason) => !isTold(reason, true))).toEqual(['too_slow']);
    expect(isTold('expired', false)).toBe(false);
  });

  it('keeps at most 32 challenges until they are judged', () => {
    let now = aRecord();
    for (let index = 0; index < 40; index += 1) {
      now = ended(now, { purpose: 'recheck', wholeGroup: true, atMs: startMs + index });
    }
    expect(now.challenges.map(({ atMs }) => atMs - startMs)).toEqual(
      Array.from({ length: 32 }, (_, index) => index + 8),
    );
  });

  it('is struck by a forged opening, whatever it was for, and by nothing else', () => {
    const forged = ['roots', 'sample_path', 'sample_value', 'lane_path', 'step_path', 'lane_value'];
    expect(proofReasons.filter(isFraud)).toEqual(forged);
    expect(isFraud(null)).toBe(false);
    const failed = { passed: false, metrics: null } as const;
    for (const purpose of ['slot', 'onboarding', 'acceptance', 'recheck'] as const) {
      const struck = ended(aRecord(), { ...failed, purpose, reason: 'sample_value' });
      expect(struck).toMatchObject({ provedAtMs: null, strikes: [startMs + 60_000] });
    }
  });

  it('forgets strikes after thirty days, and is proved again by verify-device', () => {
    const old = aRecord({ strikes: [startMs - 30 * dayMs, startMs - dayMs], provedAtMs: null });
    const struck = recordAfter(
      old,
      anEndedProof({ passed: false, reason: 'roots', metrics: null }),
      protocolPolicy,
      startMs,
    );
    expect(struck.strikes).toEqual([startMs - dayMs, startMs]);
    expect(ended(struck, { purpose: 'slot' }).provedAtMs).toBeNull();
    const again = ended(struck, {}, startMs + hourMs);
    expect(again).toMatchObject({ provedAtMs: startMs + hourMs, verifiedAtMs: startMs + hourMs });
    // A later verification renews the proof, not the time since when it stands.
    expect(ended(again, {}, startMs + 5 * hourMs)).toMatchObject({
      provedAtMs: startMs + 5 * hourMs,
      verifiedAtMs: startMs + hourMs,
    });
  });
});

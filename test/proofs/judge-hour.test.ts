/** The gate of an hour: what closes it, for how long, and that it is a fold. */
import fc from 'fast-check';
import { dayMs, hourMs, minuteMs } from '../../shared/core/time.ts';
import { gateReasons, gateWords, type HourCall } from '../../shared/proofs/gate.ts';
import type { HiredAs } from '../../shared/proofs/hired-as.ts';
import { judgeHour } from '../../shared/proofs/judge-hour.ts';
import { protocolPolicy } from '../../shared/proofs/policy.ts';
import { startMs } from '../support/runtime.ts';
import { aCall, anHour, aRecord, judged } from './records.ts';

const hour = (number: number, calls: readonly HourCall[] = []) =>
  anHour(
    calls.map((call) => ({ ...call, atMs: call.atMs + number * hourMs })),
    { startMs: startMs + number * hourMs },
  );

const hiredAll = (as: HiredAs, from = startMs) =>
  [0, 10, 20, 30, 40, 50].map((minutes) => ({ atMs: from + minutes * minuteMs, as }));

describe('an hour', () => {
  it('passes when its call was passed', () => {
    expect(judged(aRecord(), anHour([aCall(10)])).reason).toBeNull();
  });

  it('passes without a call on the last one, which was passed', () => {
    expect(judged(aRecord(), anHour([])).reason).toBeNull();
  });

  it.each([
    ['missed', 'call_missed'],
    ['failed', 'call_failed'],
  ] as const)('fails when a call was %s, also when a later one was passed', (outcome, reason) => {
    const judgement = judged(aRecord(), anHour([aCall(40), aCall(10, { outcome })]));
    expect(judgement.reason).toBe(reason);
    expect(judgement.record.lastCall).toEqual({ atMs: startMs + 40 * minuteMs, passed: true });
  });

  it('is lost until the next pass after a miss', () => {
    const missed = judged(aRecord(), hour(0, [aCall(50, { outcome: 'missed' })]));
    const idle = judged(missed.record, hour(1));
    expect(idle.reason).toBe('last_call_not_passed');
    const passed = judged(idle.record, hour(2, [aCall(20)]));
    expect(passed.reason).toBeNull();
    expect(judged(passed.record, hour(3)).reason).toBeNull();
  });

  it('waits for the first call of a new processor', () => {
    const fresh = aRecord({ lastCall: null, judgedHourMs: null });
    expect(judged(fresh, hour(0)).reason).toBe('no_call_yet');
  });

  it('needs the latest full call to be answered, well or badly', () => {
    const full = { profile: 2 } as const;
    const missed = judged(aRecord(), hour(0, [aCall(0, { ...full, outcome: 'missed' })]));
    const passed = judged(missed.record, hour(1, [aCall(0)]));
    expect(passed.reason).toBe('full_call_unanswered');
    const slow = judged(passed.record, hour(2, [aCall(0, { ...full, outcome: 'failed' })]));
    expect(slow.reason).toBe('call_failed');
    expect(judged(slow.record, hour(3, [aCall(0)])).reason).toBeNull();
  });

  it('needs a full pass within the last seven days', () => {
    const at = (lastFullPassAtMs: number) =>
      judged(aRecord({ lastFullPassAtMs }), hour(0, [aCall(0)])).reason;
    const until = startMs + hourMs;
    expect(at(until - 7 * dayMs)).toBeNull();
    expect(at(until - 7 * dayMs - 1)).toBe('full_pass_too_old');
    const none = aRecord({ lastFullPassAtMs: null });
    expect(judged(none, hour(0, [aCall(0)])).reason).toBe('no_full_pass');
  });

  it('does not count hours of a hire to the age of a full pass', () => {
    let record = aRecord({ lastFullPassAtMs: startMs - 6 * dayMs });
    for (let number = 0; number < 240; number += 1) {
      const from = startMs + number * hourMs;
      const hired = hiredAll(number % 2 === 0 ? 'micro' : 'no_consent', from);
      const calls = [aCall(0, { profile: 0, atMs: from })];
      record = judged(record, anHour(calls, { startMs: from, hired })).record;
    }
    expect(record.hiredSinceFullPassMs).toBe(240 * hourMs);
    expect(judged(record, hour(240, [aCall(0)])).reason).toBeNull();
    let aged = record;
    for (let number = 240; number < 264; number += 1) aged = judged(aged, hour(number)).record;
    expect(judged(aged, hour(264, [aCall(0)])).reason).toBe('full_pass_too_old');
  });

  it('starts the age of a full pass anew with each pass', () => {
    const old = aRecord({
      lastFullPassAtMs: startMs - 7 * dayMs,
      hiredSinceFullPassMs: 9 * hourMs,
    });
    const { record } = judged(old, hour(0, [aCall(30, { profile: 2 })]));
    expect(record).toMatchObject({
      lastFullPassAtMs: startMs + 30 * minuteMs,
      hiredSinceFullPassMs: 0,
      lastFullCall: { answered: true },
    });
  });

  it('has no gate where a customer refused proofs, for one slot or for all', () => {
    const all = anHour([], { hired: hiredAll('no_consent') });
    expect(judged(aRecord(), all).reason).toBe('no_consent');
    const one = anHour([aCall(0)], {
      hired: [
        { atMs: startMs, as: null },
        { atMs: startMs + 10 * minuteMs, as: 'no_consent' },
      ],
    });
    expect(judged(aRecord(), one).reason).toBe('no_consent');
  });

  it('passes by micro calls while hired, and loses by them', () => {
    const hired = hiredAll('micro');
    const micro = aCall(20, { profile: 0 });
    expect(judged(aRecord(), anHour([micro], { hired })).reason).toBeNull();
    const missed = { ...micro, outcome: 'missed' } as const;
    expect(judged(aRecord(), anHour([missed], { hired })).reason).toBe('call_missed');
  });

  describe.each([
    ['missed', 'roll_call_missed'],
    ['failed', 'roll_call_failed'],
  ] as const)('after a roll call that was %s', (outcome, reason) => {
    const rollCall = (number: number, how: HourCall['outcome']) =>
      hour(number, [aCall(0, { rollCall: true, outcome: how }), aCall(50)]);
    /** The reasons of so many hours, of which the first loses a roll call and others are as given. */
    const reasons = (hours: number, others: Readonly<Record<number, ReturnType<typeof hour>>>) => {
      let record = aRecord();
      return Array.from({ length: hours }, (_, number) => {
        const ordinary = number === 0 ? rollCall(0, outcome) : hour(number, [aCall(10)]);
        const next = judged(record, others[number] ?? ordinary);
        record = next.record;
        return next.reason;
      });
    };
    const shutOut = (hours: number) => [
      reason,
      ...Array.from({ length: hours - 1 }, () => 'roll_call_excluded'),
    ];

    it('is lost for 24 hours, its own among them, also when the next is passed before', () => {
      expect(reasons(26, { 5: rollCall(5, 'passed') })).toEqual([...shutOut(24), null, null]);
    });

    it('is lost until a roll call is passed, whatever other calls are', () => {
      expect(reasons(32, { 30: rollCall(30, 'passed') })).toEqual([...shutOut(30), null, null]);
    });
  });

  it('is lost from a strike until the device is verified again', () => {
    const struckAtMs = startMs + 20 * minuteMs;
    const struck = aRecord({ strikes: [struckAtMs], provedAtMs: null });
    const failed = judged(struck, hour(0, [aCall(20, { outcome: 'failed' })]));
    expect(failed.reason).toBe('not_verified');
    const later = judged(failed.record, hour(1, [aCall(0)]));
    expect(later.reason).toBe('not_verified');
    const again = { verifiedAtMs: startMs + 2 * hourMs + 1, provedAtMs: startMs + 2 * hourMs + 1 };
    const renewed = { ...again, provedAtMs: startMs + 9 * hourMs };
    for (const verified of [again, renewed]) {
      expect(judged({ ...later.record, ...verified }, hour(2, [aCall(0)])).reason).toBeNull();
    }
    // Judged late, an hour is still judged by what it was.
    expect(judged({ ...failed.record, ...again }, hour(1)).reason).toBe('not_verified');
  });

  it('takes a passed challenge for a full pass, but for no call', () => {
    const challenge = aCall(5, { source: 'challenge', profile: 2 });
    const late = aRecord({
      lastFullPassAtMs: startMs - 8 * dayMs,
      lastFullCall: { atMs: startMs - dayMs, answered: false },
    });
    expect(judged(late, hour(0, [challenge])).reason).toBeNull();
    const lost = { atMs: startMs - hourMs, passed: false };
    expect(judged({ ...late, lastCall: lost }, hour(0, [challenge])).reason).toBe(
      'last_call_not_passed',
    );
    expect(judged({ ...late, lastCall: null }, hour(0, [challenge])).reason).toBe('no_call_yet');
  });

  it('is lost by a failed challenge, and so are those until the next pass', () => {
    const failed = aCall(5, { source: 'challenge', profile: 2, outcome: 'failed' });
    const first = judged(aRecord(), hour(0, [failed]));
    expect(first.reason).toBe('call_failed');
    expect(judged(first.record, hour(1)).reason).toBe('last_call_not_passed');
  });

  it('forgets the challenges that it has judged, and no later ones', () => {
    const ended = (atMs: number) => ({ atMs, profile: 2, passed: true }) as const;
    const record = aRecord({ challenges: [ended(startMs), ended(startMs + hourMs)] });
    expect(judged(record, hour(0)).record.challenges).toEqual([ended(startMs + hourMs)]);
  });

  it('is not judged before the first one that counts, nor twice', () => {
    const soon = aRecord({ countsFromMs: startMs + hourMs });
    expect(judgeHour(soon, hour(0), protocolPolicy)).toBeNull();
    expect(judgeHour(soon, hour(1), protocolPolicy)).not.toBeNull();
    expect(judgeHour(aRecord({ countsFromMs: null }), hour(0), protocolPolicy)).toBeNull();
    const { record } = judged(aRecord(), hour(0));
    expect(record.version).toBe(aRecord().version + 1);
    expect(judgeHour(record, hour(0), protocolPolicy)).toBeNull();
  });

  it('refuses a call of another hour', () => {
    expect(() => judged(aRecord(), anHour([aCall(60)]))).toThrow('another hour');
  });
});

const anyCall = fc.record({
  minutes: fc.constantFrom(0, 10, 20, 30, 40, 50),
  profile: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  rollCall: fc.boolean(),
  outcome: fc.constantFrom('passed' as const, 'failed' as const, 'missed' as const),
});

describe('the fold', () => {
  it('does not depend on the order of the calls', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyCall, { selector: ({ minutes }) => minutes }), (drawn) => {
        const calls = drawn.map(({ minutes, ...call }) => aCall(minutes, call));
        const forth = judged(aRecord(), anHour(calls));
        expect(judged(aRecord(), anHour(calls.toReversed()))).toEqual(forth);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('never passes an hour with a call that was not passed', () => {
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 6 }), (drawn) => {
        const calls = drawn.map(({ minutes, ...call }) => aCall(minutes, call));
        const { reason, record } = judged(aRecord(), anHour(calls));
        const clean = calls.every(({ outcome }) => outcome === 'passed');
        expect(reason === null).toBe(clean);
        expect(record.excludedUntilMs === null).toBe(
          calls.every(({ rollCall, outcome }) => !rollCall || outcome === 'passed'),
        );
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('gives every reason words and a remedy', () => {
    for (const reason of gateReasons) {
      expect(gateWords[reason].says).toMatch(/\.$/);
      expect(gateWords[reason].remedy).toMatch(/\.$/);
    }
  });
});

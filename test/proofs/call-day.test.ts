/** Days of calls in short: nothing is lost on the way from gates to histories. */
import fc from 'fast-check';
import { dayMs, hourMs, minuteMs } from '../../shared/core/time.ts';
import { callDaysOf, noteDay } from '../../shared/proofs/call-day.ts';
import { callOutcomes, type Gate } from '../../shared/proofs/gate.ts';
import { emptyHistory, noteCall, suspicionWindow } from '../../shared/proofs/suspicion.ts';
import { testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';

const dayStartMs = Math.floor(startMs / dayMs) * dayMs;
const window = suspicionWindow(dayStartMs + dayMs, 10);

const gateOf = (processor: number, slot: number, outcome: (typeof callOutcomes)[number]): Gate => {
  const atMs = dayStartMs + slot * 10 * minuteMs;
  return {
    hourMs: Math.floor(atMs / hourMs) * hourMs,
    processorId: `prc_${processor}`,
    deviceId: testId('dev', processor % 2),
    organisationId: testId('org', 1),
    reason: null,
    hired: false,
    calls: [{ atMs, source: 'slot', profile: 1, rollCall: false, outcome }],
  };
};

describe('a day in short', () => {
  it('gives the histories that its calls give', () => {
    const drawn = fc.array(
      fc.record({
        processor: fc.integer({ min: 0, max: 5 }),
        slot: fc.integer({ min: 0, max: 143 }),
        outcome: fc.constantFrom(...callOutcomes),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(drawn, (calls) => {
        const expected = [0, 1].map((device) => emptyHistory(testId('dev', device), window));
        for (const { processor, slot, outcome } of calls) {
          const history = expected[processor % 2];
          const atMs = dayStartMs + slot * 10 * minuteMs;
          if (history) noteCall(history, window, { atMs, passed: outcome === 'passed' });
        }
        const gates = calls.map(({ processor, slot, outcome }) => gateOf(processor, slot, outcome));
        const found = [0, 1].map((device) => emptyHistory(testId('dev', device), window));
        for (const day of callDaysOf(gates, dayStartMs, 10)) {
          const history = found.find(({ deviceId }) => deviceId === day.deviceId);
          if (history) noteDay(history, window, dayStartMs, day);
        }
        expect(found).toEqual(expected);
      }),
      { seed: 9, numRuns: 100 },
    );
  });

  it('leaves challenges out, which call nobody else', () => {
    const { calls, ...gate } = gateOf(1, 3, 'failed');
    const challenges = calls.map((call) => ({ ...call, source: 'challenge' as const }));
    expect(callDaysOf([{ ...gate, calls: challenges }], dayStartMs, 10)).toEqual([]);
  });

  it('refuses a call of another day', () => {
    expect(() => callDaysOf([gateOf(1, 144, 'passed')], dayStartMs, 10)).toThrow('another day');
  });
});

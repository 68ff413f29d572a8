/** Time as values. */
import { dayMs, dayOf, hourMs, hourOf, isoOf, isoOrNull } from '../../shared/core/time.ts';
import { startMs } from '../support/runtime.ts';

describe('time', () => {
  it('is shown as ISO 8601 UTC with milliseconds', () => {
    expect(isoOf(startMs)).toBe('2026-11-22T12:00:00.000Z');
    expect(isoOrNull(startMs + 1)).toBe('2026-11-22T12:00:00.001Z');
    expect([isoOrNull(null), isoOrNull(undefined)]).toEqual([null, null]);
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to show %s', (ms) => {
    expect(() => isoOf(ms)).toThrow('whole number');
  });

  it('counts half-open hours and days', () => {
    expect([hourOf(0), hourOf(hourMs - 1), hourOf(hourMs)]).toEqual([0, 0, 1]);
    expect([dayOf(dayMs - 1), dayOf(dayMs)]).toEqual([0, 1]);
  });
});

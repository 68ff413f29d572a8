/** Guarantees of the emission: what was published, to the base unit, for every hour and in any order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { present } from '../../shared/core/assert.ts';
import {
  emissionHours,
  emissionOf,
  emissionScheduleOf,
  emissionTotalUnits,
  type HourEmission,
} from '../../shared/token/emission.ts';
import { monthsByFormula } from '../../shared/token/emission-formula.ts';
import { emissionMonths } from '../../shared/token/emission-months.ts';

const at = (hour: number): HourEmission => present(emissionOf(hour), `no emission of ${hour}`);

/** The published table, as a spreadsheet would read it. */
const published = readFileSync(
  join(import.meta.dirname, '../contracts/emission-months.csv'),
  'utf8',
)
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','))
  .map(([month, hours, units, cumulative]) => ({
    month: Number(month),
    hours: Number(hours),
    units: BigInt(present(units, 'no amount')),
    cumulative: BigInt(present(cumulative, 'no sum')),
  }));

const anyHour = fc.integer({ min: 0, max: emissionHours - 1 });
const seeded = { seed: 20_240_611 };

describe('the months', () => {
  it('are the published ones: amounts, hours and sums', () => {
    let firstHour = 0;
    for (const { month, hours, units, cumulative } of published) {
      const first = at(firstHour);
      const last = at(firstHour + hours - 1);
      expect([first.month, first.hoursInMonth, first.hourOfMonth]).toEqual([month, hours, 0]);
      expect([first.monthUnits, last.month, last.cumulativeUnits]).toEqual([
        units,
        month,
        cumulative,
      ]);
      firstHour += hours;
    }
    expect([published.length, firstHour]).toEqual([240, emissionHours]);
  });

  it('follow from the formula, which knows nothing of the table', () => {
    expect(monthsByFormula(emissionTotalUnits, 240)).toEqual(emissionMonths);
  });

  it('sum to the total by the formula at nine places as well', () => {
    const months = monthsByFormula(emissionTotalUnits * 10n, 240);
    expect(months.reduce((sum, units) => sum + units)).toBe(emissionTotalUnits * 10n);
    expect(
      months.every((units, month) => month === 0 || units < present(months[month - 1], '')),
    ).toBe(true);
  });

  it('are those of the first year as they were announced, in whole tokens', () => {
    const year = emissionMonths.slice(0, 12).reduce((sum, units) => sum + units);
    expect(year / 10n ** 8n).toBe(37_840_636n);
  });
});

describe('a table with one digit changed', () => {
  it('is refused with its hash, whichever digit it is', () => {
    const change = fc.record({
      month: fc.nat(239),
      place: fc.nat(13),
      by: fc.integer({ min: 1, max: 9 }),
    });
    void fc.assert(
      fc.property(change, ({ month, place, by }) => {
        const months = emissionMonths.map((units, index) => {
          if (index !== month) return units;
          const digits = [...units.toString()];
          digits[place] = String((Number(digits[place]) + by) % 10);
          return BigInt(digits.join(''));
        });
        expect(() => emissionScheduleOf(months)).toThrow(/not the published one: its SHA-256 is /);
      }),
      seeded,
    );
  });

  it('is refused with two months swapped, which sums to the same', () => {
    const [first, second, ...rest] = emissionMonths;
    const swapped = [present(second, ''), present(first, ''), ...rest];
    expect(() => emissionScheduleOf(swapped)).toThrow('not the published one');
  });
});

describe('the hours', () => {
  it('sum to 300,000,000 IO, all 175,320 of them, and no running sum passes the schedule', () => {
    let sum = 0n;
    for (let hour = 0; hour < emissionHours; hour += 1) {
      const { units, cumulativeUnits } = at(hour);
      sum += units;
      if (sum !== cumulativeUnits) throw new Error(`hour ${hour}: ${sum} is not its sum`);
    }
    expect(sum).toBe(30_000_000_000_000_000n);
  });

  it('are what was announced at both ends', () => {
    expect(at(0).units).toBe(456_621_004_566n);
    expect(at(emissionHours - 1).units).toBe(39_804_774_508n);
  });

  it('of one month differ by a base unit at most', () => {
    void fc.assert(
      fc.property(anyHour, anyHour, (one, step) => {
        const first = at(one);
        const other = at(one - first.hourOfMonth + (step % first.hoursInMonth));
        expect(other.month).toBe(first.month);
        const difference = first.units - other.units;
        expect(difference >= -1n && difference <= 1n).toBe(true);
      }),
      seeded,
    );
  });

  it('give the same amounts in any order, so that a gap is filled at any time', () => {
    const stretch = fc.tuple(anyHour, fc.integer({ min: 1, max: 2_000 }), fc.integer());
    void fc.assert(
      fc.property(stretch, ([first, length, turn]) => {
        const last = Math.min(first + length, emissionHours) - 1;
        const hours = Array.from({ length: last - first + 1 }, (_, index) => first + index);
        const shuffled = hours.toSorted((a, b) => ((a * turn) % 97) - ((b * turn) % 97));
        const sum = shuffled.reduce((units, hour) => units + at(hour).units, 0n);
        const before = first === 0 ? 0n : at(first - 1).cumulativeUnits;
        expect(sum).toBe(at(last).cumulativeUnits - before);
      }),
      { ...seeded, numRuns: 50 },
    );
  });

  it('outside of the schedule emit nothing', () => {
    expect([emissionOf(-1), emissionOf(emissionHours), emissionOf(10 ** 9)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(() => emissionOf(0.5)).toThrow('no whole number');
  });
});

/** Commitments: what an order counts in which month, and what stays counted once it is over. */
import * as fc from 'fast-check';
import { dayMs, hourMs, minuteMs } from '../../../shared/core/time.ts';
import { monthOf, monthStartMs } from '../../../shared/ledger/statement.ts';
import {
  keptMonths,
  monthsOf,
  mostInMonth,
  newCommitment,
  releasedMonths,
} from '../../../shared/payments/budgets/commitment.ts';

const december = monthStartMs('2026-12');
const order = (changes: Partial<Parameters<typeof newCommitment>[0]> = {}) =>
  newCommitment({
    clusterId: 'clu_1',
    organisationId: 'org_1',
    keyId: 'key_1',
    lines: [{ rateUnitsPerHour: 1_000_000n }, { rateUnitsPerHour: 333_333n }],
    orderedMs: 2 * hourMs,
    startMsMax: 10 * minuteMs,
    nowMs: december - 10 * dayMs,
    ...changes,
  });
const total = (months: Readonly<Record<string, bigint>>) =>
  Object.values(months).reduce((sum, units) => sum + units, 0n);

describe('newCommitment', () => {
  it('counts an order inside one month as its hold', () => {
    expect(order()).toMatchObject({
      unitsPerHour: 1_333_333n,
      months: { '2026-11': 2_666_666n },
      untilMs: december - 10 * dayMs + 2 * hourMs + 10 * minuteMs,
    });
  });

  it('counts each month with the most that it may cost there, whenever the cluster begins', () => {
    const lines = [{ rateUnitsPerHour: 600_000n }];
    const { months } = order({ lines, nowMs: december - hourMs, orderedMs: 3 * hourMs });
    // At once: one hour and two. Ten minutes later: 50 minutes, and two hours and ten minutes.
    expect(months).toEqual({ '2026-11': 600_000n, '2026-12': 1_300_000n });
  });

  it('counts a year in thirteen months', () => {
    const { months } = order({ orderedMs: 8_760 * hourMs });
    expect(Object.keys(months)).toHaveLength(13);
  });
});

test('a span is cut into its months without a rest', () => {
  void fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4 * 365 * dayMs }),
      fc.integer({ min: 0, max: 400 * dayMs }),
      (fromMs, ms) => {
        const months = monthsOf({ fromMs, toMs: fromMs + ms });
        expect(months.reduce((sum, [, each]) => sum + each, 0)).toBe(ms);
        expect(months[0]?.[0]).toBe(monthOf(fromMs));
      },
    ),
  );
});

describe('what stays counted', () => {
  it('is nothing of a cluster that never ran', () => {
    expect(releasedMonths(order(), undefined)).toEqual({ '2026-11': -2_666_666n });
  });

  it('is to the unit what was posted, and of later months no less than their time can have cost', () => {
    const span = fc.record({
      beforeMs: fc.integer({ min: 0, max: 40 * dayMs }),
      ranMs: fc.integer({ min: 1, max: 100 * dayMs }),
      share: fc.integer({ min: 0, max: 1_000 }),
      rate: fc.bigInt({ min: 1n, max: 10n ** 9n }),
    });
    void fc.assert(
      fc.property(span, ({ beforeMs, ranMs, share, rate }) => {
        const runningAtMs = december - beforeMs;
        const endMs = runningAtMs + ranMs;
        const posted = (rate * BigInt(ranMs) * BigInt(share)) / 1_000n / BigInt(hourMs);
        const kept = keptMonths(rate, { postedUnits: posted, runningAtMs, endMs });
        expect(total(kept)).toBe(posted);
        const first = monthOf(runningAtMs);
        let later = 0n;
        for (const [month, units] of Object.entries(kept)) {
          expect(units >= 0n).toBe(true);
          if (month === first) continue;
          const most = mostInMonth(rate, { fromMs: runningAtMs, toMs: endMs }, month as '2026-12');
          expect(units <= most).toBe(true);
          later += most - units;
        }
        // Whatever a later month lacks, the first month has given all that it had.
        if (later > 0n) expect(kept[first]).toBe(0n);
      }),
    );
  });

  it('gives back what the months reserved beyond it', () => {
    const commitment = order({
      lines: [{ rateUnitsPerHour: 600_000n }],
      nowMs: december - hourMs,
      orderedMs: 3 * hourMs,
    });
    const spent = {
      postedUnits: 700_000n,
      runningAtMs: december - hourMs,
      endMs: december + 10 * minuteMs,
    };
    expect(releasedMonths(commitment, spent)).toEqual({ '2026-12': 100_000n - 1_300_000n });
  });
});

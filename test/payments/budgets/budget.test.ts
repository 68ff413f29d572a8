/** Budgets as rules: what fits, what is within, and who has to stop. */
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import { monthStartMs } from '../../../shared/ledger/statement.ts';
import {
  type Budget,
  budgetIdOf,
  findExcess,
  isWithin,
  judgeBudget,
  type RunningSpend,
  type Spending,
  scopeOf,
} from '../../../shared/payments/budgets/budget.ts';
import type { Commitment } from '../../../shared/payments/budgets/commitment.ts';
import { startMs } from '../../support/runtime.ts';

const month = '2026-11';
const limits = (hourlyUnits: bigint | null, monthlyUnits: bigint | null): Budget => ({
  id: 'bud_1',
  organisationId: 'org_1',
  targetId: 'org_1',
  hourlyUnits,
  monthlyUnits,
  createdAtMs: startMs,
  updatedAtMs: startMs,
});
const spending = (budget: Budget | null, changes: Partial<Spending> = {}): Spending => ({
  frozen: null,
  targetId: 'org_1',
  version: 1,
  budget,
  unitsPerHour: 0n,
  months: {},
  ...changes,
});
const commitment = (changes: Partial<Commitment> = {}): Commitment => ({
  clusterId: 'clu_1',
  organisationId: 'org_1',
  keyId: 'key_1',
  unitsPerHour: 60n,
  months: { [month]: 120n },
  createdAtMs: startMs,
  untilMs: startMs + 2 * hourMs,
  ...changes,
});
const run = (
  clusterId: Commitment['clusterId'],
  createdAtMs: number,
  more: Partial<RunningSpend> = {},
): RunningSpend => ({
  commitment: commitment({ clusterId, createdAtMs }),
  spentUnits: 0n,
  ended: false,
  ...more,
});

describe('an order', () => {
  it('fits into no budget, and into one up to its last unit', () => {
    expect(findExcess([spending(null)], commitment())).toBeUndefined();
    const exact = spending(limits(60n, 120n));
    expect(findExcess([exact], commitment())).toBeUndefined();
    const used = { unitsPerHour: 40n, months: { [month]: 880n } };
    expect(findExcess([spending(limits(100n, 1000n), used)], commitment())).toBeUndefined();
  });

  it.each([
    ['the hour', limits(99n, null), 'hour', 40n],
    ['the month', limits(null, 999n), month, 880n],
  ] as const)('is refused by one unit too many of %s', (_, budget, period, usedUnits) => {
    const counted = spending(budget, { unitsPerHour: 40n, months: { [month]: 880n } });
    expect(findExcess([spending(null), counted], commitment())).toMatchObject({
      budget,
      period,
      usedUnits,
    });
  });

  it('is refused for a later month that has no room', () => {
    const counted = spending(limits(null, 200n), { months: { '2026-12': 150n } });
    const months = { [month]: 100n, '2026-12': 51n };
    expect(findExcess([counted], commitment({ months }))?.period).toBe('2026-12');
  });
});

describe('being within the limits', () => {
  it('looks at this month and later ones, not at what is over', () => {
    const budget = limits(null, 100n);
    expect(isWithin(spending(null), startMs)).toBe(true);
    expect(isWithin(spending(budget, { months: { '2026-10': 500n } }), startMs)).toBe(true);
    expect(isWithin(spending(budget, { months: { [month]: 101n } }), startMs)).toBe(false);
    expect(isWithin(spending(budget, { months: { '2027-01': 101n } }), startMs)).toBe(false);
    const december = monthStartMs('2026-12');
    expect(isWithin(spending(budget, { months: { [month]: 101n } }), december)).toBe(true);
  });

  it('looks at the rate', () => {
    expect(isWithin(spending(limits(60n, null), { unitsPerHour: 60n }), startMs)).toBe(true);
    expect(isWithin(spending(limits(60n, null), { unitsPerHour: 61n }), startMs)).toBe(false);
  });
});

describe('who stops', () => {
  const older = run('clu_1', startMs);
  const newer = run('clu_2', startMs + 1);

  it('is the newest at an hourly limit, until the rest fits', () => {
    const counted = spending(limits(60n, null), { unitsPerHour: 120n });
    expect(judgeBudget(counted, [older, newer], startMs)).toMatchObject({
      stop: ['clu_2'],
      period: 'hour',
    });
    const none = spending(limits(0n, null), { unitsPerHour: 120n });
    expect(judgeBudget(none, [older, newer], startMs).stop).toEqual(['clu_2', 'clu_1']);
    // Who has ended already makes room, and is not ended again.
    const ended = run('clu_2', startMs + 1, { ended: true });
    expect(judgeBudget(counted, [older, ended], startMs)).toMatchObject({ stop: [], period: null });
  });

  it('is everybody once the month is spent but for two minutes', () => {
    const rate = (spentUnits: bigint) => [
      run('clu_1', startMs, { spentUnits }),
      run('clu_2', startMs + 1),
    ];
    // 100 were spent by clusters that are closed; two that run reserve 120 each.
    const counted = spending(limits(null, 200n), { unitsPerHour: 120n, months: { [month]: 340n } });
    const twoMinutes = (120n * BigInt(2 * minuteMs)) / BigInt(hourMs);
    expect(judgeBudget(counted, rate(99n - twoMinutes), startMs).stop).toEqual([]);
    expect(judgeBudget(counted, rate(100n - twoMinutes), startMs)).toMatchObject({
      stop: ['clu_2', 'clu_1'],
      period: 'month',
      spentUnits: 200n - twoMinutes,
    });
  });

  it('is nobody where all that is reserved fits', () => {
    const counted = spending(limits(60n, 240n), { unitsPerHour: 60n, months: { [month]: 240n } });
    expect(
      judgeBudget(counted, [run('clu_1', startMs, { spentUnits: 239n })], startMs).stop,
    ).toEqual([]);
  });
});

test('a budget is named after what it limits', () => {
  expect([budgetIdOf('key_AB'), scopeOf('key_AB')]).toEqual(['bud_AB', 'api_key']);
  expect([scopeOf('org_AB'), scopeOf('clu_AB')]).toEqual(['organisation', 'cluster']);
});

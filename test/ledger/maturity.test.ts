/** Classes and days of earnings. */
import { dayMs, dayOf } from '../../shared/core/time.ts';
import { emptyBalance } from '../../shared/ledger/balance.ts';
import {
  classOf,
  earningDay,
  isMature,
  maturityDay,
  planMaturity,
} from '../../shared/ledger/maturity.ts';
import { startMs } from '../support/runtime.ts';

const ago = (days: number) => startMs - days * dayMs;

describe('the class of a hold', () => {
  it.each([
    ['nothing was ever paid', undefined, undefined, undefined, 1],
    ['a grant 30 days ago', ago(30), undefined, undefined, 30],
    ['a grant a moment more than 30 days ago', ago(30) - 1, undefined, undefined, 1],
    ['a card 120 days ago', undefined, ago(120), undefined, 14],
    ['a card a moment more than 120 days ago', undefined, ago(120) - 1, undefined, 1],
    ['a grant and a card today', startMs, startMs, undefined, 30],
    ['an old grant and a card today', ago(31), startMs, undefined, 14],
    ['a card with liability shift 120 days ago', undefined, undefined, ago(120), 7],
    ['such a card a moment more than 120 days ago', undefined, undefined, ago(120) - 1, 1],
    ['a card without and a later one with liability shift', undefined, ago(120), startMs, 14],
    ['a card without long ago and one with today', undefined, ago(121), startMs, 7],
    ['a grant and a card with liability shift today', startMs, undefined, startMs, 30],
  ])('%s', (_, grantedAtMs, cardAtMs, cardShiftAtMs, days) => {
    expect(classOf({ grantedAtMs, cardAtMs, cardShiftAtMs }, startMs)).toBe(days);
  });
});

describe('the day of an earning', () => {
  const earning = {
    payer: 'org_a',
    supplier: 'org_b',
    linked: new Set<string>(),
    classDays: 1 as const,
    granted: false,
    postedAtMs: startMs,
  };

  it('is the first whole day after the class has passed', () => {
    expect(maturityDay(0, 1)).toBe(2);
    expect(maturityDay(dayMs - 1, 1)).toBe(2);
    expect(maturityDay(dayMs, 14)).toBe(16);
  });

  it('follows the class of the hold', () => {
    expect(earningDay(earning)).toBe(dayOf(startMs) + 2);
    expect(earningDay({ ...earning, classDays: 14 })).toBe(dayOf(startMs) + 15);
  });

  it('is the latest for a supplier that is the payer itself, or linked to it', () => {
    expect(earningDay({ ...earning, supplier: 'org_a' })).toBe(dayOf(startMs) + 31);
    const linked = new Set(['org_b']);
    expect(earningDay({ ...earning, linked })).toBe(dayOf(startMs) + 31);
    expect(earningDay({ ...earning, linked, granted: true })).toBe('review');
    expect(earningDay({ ...earning, linked: new Set(['org_c']) })).toBe(dayOf(startMs) + 2);
  });

  it('is never reached by schedule when that payer had ever been granted credit', () => {
    expect(earningDay({ ...earning, supplier: 'org_a', granted: true })).toBe('review');
    expect(earningDay({ ...earning, granted: true })).toBe(dayOf(startMs) + 2);
    expect(isMature('review', startMs + 10_000 * dayMs)).toBe(false);
  });
});

describe('planMaturity', () => {
  const day = dayOf(startMs);
  const earnings = (posted: bigint) => ({
    ...emptyBalance(`earn:org_b:${day}`),
    posted,
    available: posted,
    version: 4n,
  });

  it('moves all of a day, named after the version that it read', () => {
    const plan = planMaturity(earnings(7n), startMs);
    expect(plan?.transfer).toMatchObject({
      id: `mature:org_b:${day}:4`,
      legs: [
        { account: `earn:org_b:${day}`, units: -7n },
        { account: 'sup:org_b', units: 7n },
      ],
    });
  });

  it('proposes nothing before the day, and nothing of nothing', () => {
    expect(planMaturity(earnings(7n), day * dayMs - 1)).toBeUndefined();
    expect(planMaturity(earnings(0n), startMs)).toBeUndefined();
  });
});

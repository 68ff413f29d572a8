/** Guarantees of the score: its formula, in whole numbers, and its bound. */
import fc from 'fast-check';
import { scoreMax, scoreOf } from '../../shared/rewards/score.ts';
import { policy } from './builders.ts';

const seeded = { seed: 13_000, numRuns: 200 };

describe('the score', () => {
  it('follows its formula, in whole numbers', () => {
    const terms = fc.record({
      minutes: fc.integer({ min: 0, max: 60 }),
      tier: fc.integer({ min: 0, max: 4 }),
      hundredths: fc.integer({ min: 0, max: 48_000 }),
      hired: fc.boolean(),
    });
    void fc.assert(
      fc.property(terms, (one) => {
        const score = scoreOf(one, policy);
        const sixtieths =
          13_000 * one.minutes +
          60 * (500 * one.tier + 2_000 * one.hundredths + (one.hired ? 50 : 0));
        expect(score).toBe(BigInt(Math.floor(sixtieths / 60)));
        expect(score <= scoreMax(policy)).toBe(true);
      }),
      seeded,
    );
  });

  it.each([
    ['61 minutes', { minutes: 61 }],
    ['a part of a minute', { minutes: 0.5 }],
    ['a class that no line has', { tier: 5 }],
    ['a multiplier above sixteen of the largest', { hundredths: 48_001 }],
    ['a negative multiplier', { hundredths: -1 }],
  ])('refuses %s', (_, wrong) => {
    const terms = { minutes: 60, tier: 4, hundredths: 100, hired: false, ...wrong };
    expect(() => scoreOf(terms, policy)).toThrow();
  });

  it('has its bound at 96,015,050', () => {
    expect(scoreMax(policy)).toBe(96_015_050n);
  });
});

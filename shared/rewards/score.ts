/**
 * The score of an entry: how much it weighs in its pool. Whole numbers only, so that everybody computes the
 * same shares; the terms have bounds, so that no score can be above `scoreMax`.
 */
import { assert } from '../core/assert.ts';
import { models } from '../market/catalogue.ts';
import type { RewardPolicy } from './policy.ts';

/** The most processors that a device reports. */
const processorsMax = 16;

/** What an entry of an hour has to show. */
export interface ScoreTerms {
  /** Up in the hour, 0 to 60. */
  readonly minutes: number;
  /** The class of the line, 0 to 4. */
  readonly tier: number;
  /** The multipliers of its processors, summed. */
  readonly hundredths: number;
  readonly hired: boolean;
}

const hundredthsMax =
  processorsMax * Math.max(...models.map((model) => model.rewardMultiplierHundredths));

const isWithin = (value: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= most;

/** floor(13000 x minutes / 60) + 500 x tier + 2000 x hundredths + 50 x hired. */
export const scoreOf = (
  { minutes, tier, hundredths, hired }: ScoreTerms,
  { score }: Pick<RewardPolicy, 'score'>,
): bigint => {
  assert(isWithin(minutes, 60), `${minutes} minutes of an hour`);
  assert(isWithin(tier, 4), `a line of class ${tier}`);
  assert(isWithin(hundredths, hundredthsMax), `a device of multiplier ${hundredths}`);
  const up = Math.floor((score.up * minutes) / 60);
  const total = up + score.tier * tier + score.hardware * hundredths + (hired ? score.hired : 0);
  return BigInt(total);
};

/** No device has a higher score: everything at its bound. */
export const scoreMax = (policy: Pick<RewardPolicy, 'score'>): bigint =>
  scoreOf({ minutes: 60, tier: 4, hundredths: hundredthsMax, hired: true }, policy);

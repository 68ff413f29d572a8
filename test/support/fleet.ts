/** A large fleet for measurements: entries whose scores are those of the catalogue, the same in every run. */
import { models } from '../../shared/market/catalogue.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import type { Pool } from '../../shared/rewards/pool.ts';
import { scoreOf } from '../../shared/rewards/score.ts';
import { Chance } from './proofs/chance.ts';

export interface FleetEntry {
  readonly publicId: string;
  readonly pool: Pool;
  readonly score: bigint;
}

const counts = [1, 2, 4, 8];

/** An entry for each of so many devices; one in ten earned nothing. */
export const fleetOf = (devices: number): readonly FleetEntry[] => {
  const chance = new Chance('a large fleet');
  const policy = rewardPolicyAt('published', 0);
  const earning = models.filter((model) => model.rewardMultiplierHundredths > 0);
  return Array.from({ length: devices }, (_, device): FleetEntry => {
    const model = earning[chance.below(earning.length)] ?? earning[0];
    const multiplier = model?.rewardMultiplierHundredths ?? 0;
    const terms = {
      minutes: 50 + chance.below(11),
      tier: 1 + chance.below(4),
      hundredths: multiplier * (counts[chance.below(counts.length)] ?? 1),
      hired: chance.below(2) === 1,
    };
    return {
      publicId: device.toString(32).padStart(16, '0'),
      pool: model?.pool ?? 'community',
      score: chance.below(10) === 0 ? 0n : scoreOf(terms, policy),
    };
  });
};

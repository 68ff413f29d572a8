/**
 * The two pools of an hour, and what a processor weighs in its own: pool and multiplier belong to the model.
 */
import { type CatalogueModel, getModel } from '../market/catalogue.ts';
import type { RewardPolicy } from './policy.ts';

/** In the order in which entries of one device stand. */
export const pools = [
  'enterprise',
  'community',
] as const satisfies readonly CatalogueModel['pool'][];

export type Pool = (typeof pools)[number];

/** One thing for each pool. */
export type PerPool<T> = Readonly<Record<Pool, T>>;

export const perPool = <T>(make: (pool: Pool) => T): PerPool<T> => ({
  enterprise: make('enterprise'),
  community: make('community'),
});

/** Where a model belongs; one that the catalogue does not know is in the community pool, at nothing. */
export const poolOf = (model: string): Pool => getModel(model)?.pool ?? 'community';

/** The multiplier of a model in hundredths; 0 earns no block reward. */
export const multiplierOf = (
  model: string,
  { anyCpuHundredths }: Pick<RewardPolicy, 'anyCpuHundredths'>,
): number => {
  const known = getModel(model);
  if (known?.vendor === 'any') return Math.max(known.rewardMultiplierHundredths, anyCpuHundredths);
  return known?.rewardMultiplierHundredths ?? 0;
};

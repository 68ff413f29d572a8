/** Order statistics of samples. Pure. */
import { assert, present } from '../../shared/core/assert.ts';

/** The smallest sample that at least this share (above 0, up to 1) of all samples do not exceed. */
export const quantile = (samples: readonly number[], share: number): number => {
  assert(samples.length > 0, 'a statistic of no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  return present(sorted[Math.ceil(share * sorted.length) - 1], 'a share outside 0 to 1');
};

/** The middle sample, or the mean of the two in the middle. */
export const median = (samples: readonly number[]): number => {
  assert(samples.length > 0, 'a statistic of no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = present(sorted[half], 'no middle');
  return sorted.length % 2 === 1 ? upper : (upper + present(sorted[half - 1], 'no middle')) / 2;
};

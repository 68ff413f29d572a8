/**
 * Largest remainder (Hamilton): every share rounded down, then one more base unit for the largest remainders,
 * those of equal remainder in the order of entries. What the split is compared with.
 */
import { present } from '../../shared/core/assert.ts';
import type { RewardPolicy } from '../../shared/rewards/policy.ts';
import { pools } from '../../shared/rewards/pool.ts';
import { planPools, type SplitEntry, scoreSums } from '../../shared/rewards/split.ts';

/** The shares in the order of the entries. */
export const largestRemainder = (
  releasedUnits: bigint,
  entries: readonly SplitEntry[],
  policy: Pick<RewardPolicy, 'enterprisePercent'>,
): BigUint64Array => {
  const plan = planPools(releasedUnits, scoreSums(entries), policy);
  const shares = new BigUint64Array(entries.length);
  for (const pool of pools) {
    const { units, score: total } = plan[pool];
    if (total === 0n) continue;
    let rest = units;
    const remainders: { readonly index: number; readonly remainder: bigint }[] = [];
    for (const [index, entry] of entries.entries()) {
      if (entry.pool !== pool) continue;
      const product = units * entry.score;
      const share = product / total;
      shares[index] = share;
      rest -= share;
      remainders.push({ index, remainder: product - share * total });
    }
    remainders.sort((a, b) => {
      if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
      return a.index - b.index;
    });
    for (const { index } of remainders.slice(0, Number(rest))) {
      shares[index] = present(shares[index], 'no share') + 1n;
    }
  }
  return shares;
};

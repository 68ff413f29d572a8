/**
 * Splits what an hour releases over its entries. Invariants: each pool's shares sum to what the pool gives, or
 * to nothing when nobody in it has a score, and then all of it stays unallocated; a share is less than a base
 * unit away from the exact one, and 0 for a score of 0. A share is the difference of two cumulative floors along
 * the order of entries, so one pass with one remainder does it: no sorting of remainders, and a shard needs to
 * know only the sums of the scores before it.
 */
import { assert, BugError } from '../core/assert.ts';
import { mulDivFloor } from '../core/money.ts';
import type { RewardPolicy } from './policy.ts';
import { type PerPool, type Pool, perPool, pools } from './pool.ts';

/** What the split has to know of an entry. */
export interface SplitEntry {
  readonly pool: Pool;
  /** 0 to 2^53. */
  readonly score: bigint;
}

/** What one pool gives. Amounts are base units of IO. */
export interface PoolSplit {
  readonly units: bigint;
  /** Of all its entries. */
  readonly score: bigint;
  /** All of it where nobody has a score, else 0. */
  readonly unallocatedUnits: bigint;
}

const scoreBound = 2n ** 53n;
/** Amounts are kept in 64 bits. */
const unitsBound = 2n ** 64n;

/** The sums of the scores by pool; BugError for a score out of bounds. */
export const scoreSums = (entries: Iterable<SplitEntry>): PerPool<bigint> => {
  let enterprise = 0n;
  let community = 0n;
  for (const { pool, score } of entries) {
    // A million times an hour: the sentence is made when it is needed.
    if (score < 0n || score > scoreBound) throw new BugError(`a score of ${score}`);
    if (pool === 'enterprise') enterprise += score;
    else community += score;
  }
  return { enterprise, community };
};

/** What each pool gives of `releasedUnits`: enterprise its percentage, rounded down, community the rest. */
export const planPools = (
  releasedUnits: bigint,
  scores: PerPool<bigint>,
  { enterprisePercent }: Pick<RewardPolicy, 'enterprisePercent'>,
): PerPool<PoolSplit> => {
  assert(releasedUnits >= 0n && releasedUnits < unitsBound, `${releasedUnits} units to split`);
  assert(enterprisePercent >= 0n && enterprisePercent <= 100n, 'a percentage');
  const enterprise = mulDivFloor(releasedUnits, enterprisePercent, 100n);
  const given = { enterprise, community: releasedUnits - enterprise };
  return perPool((pool) => ({
    units: given[pool],
    score: scores[pool],
    unallocatedUnits: scores[pool] === 0n ? given[pool] : 0n,
  }));
};

/**
 * The shares of a shard's entries, in their order. `before` holds the sums of the scores of all entries of
 * the shards before it.
 */
export const splitShard = (
  plan: PerPool<PoolSplit>,
  before: PerPool<bigint>,
  entries: readonly SplitEntry[],
): BigUint64Array => {
  const shares = new BigUint64Array(entries.length);
  // What the floors before have left over, in parts of the pool's score.
  const left = {
    enterprise: remainderAt(plan.enterprise, before.enterprise),
    community: remainderAt(plan.community, before.community),
  };
  for (const [index, { pool, score }] of entries.entries()) {
    if (score === 0n) continue;
    const { units, score: total } = plan[pool];
    const due = units * score + left[pool];
    const share = due / total;
    left[pool] = due - share * total;
    shares[index] = share;
  }
  return shares;
};

const remainderAt = ({ units, score }: PoolSplit, before: bigint): bigint => {
  assert(before >= 0n && before <= score, 'a shard that begins behind the end');
  return score === 0n ? 0n : (units * before) % score;
};

/** Throws a BugError, so that nothing is posted, unless the shares sum to what the pools give. */
export const verifyShares = (
  plan: PerPool<PoolSplit>,
  entries: readonly SplitEntry[],
  shares: BigUint64Array,
): void => {
  assert(entries.length === shares.length, 'a share for every entry');
  const sums = { enterprise: 0n, community: 0n };
  for (const [index, { pool }] of entries.entries()) sums[pool] += shares[index] ?? 0n;
  for (const pool of pools) {
    const { units, unallocatedUnits } = plan[pool];
    assert(
      sums[pool] + unallocatedUnits === units,
      `${pool}: ${sums[pool]} allocated and ${unallocatedUnits} not are not ${units}`,
    );
  }
};

/** An hour that was split. */
export interface HourSplit {
  readonly plan: PerPool<PoolSplit>;
  /** One for each entry, in their order. */
  readonly shares: BigUint64Array;
}

/** Splits an hour whose entries stand in order, and verifies the sums. */
export const splitHour = (
  releasedUnits: bigint,
  entries: readonly SplitEntry[],
  policy: Pick<RewardPolicy, 'enterprisePercent'>,
): HourSplit => {
  const plan = planPools(releasedUnits, scoreSums(entries), policy);
  const shares = splitShard(plan, { enterprise: 0n, community: 0n }, entries);
  verifyShares(plan, entries, shares);
  return { plan, shares };
};

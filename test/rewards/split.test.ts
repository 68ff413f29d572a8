/** Guarantees of the split: exact sums, fair shares, and nothing that depends on how entries arrive. */
import fc from 'fast-check';
import { present } from '../../shared/core/assert.ts';
import type { RewardEntry } from '../../shared/rewards/nomination.ts';
import { inOrder, orderKeyOf, shardOfKey } from '../../shared/rewards/order.ts';
import { perPool, pools } from '../../shared/rewards/pool.ts';
import {
  planPools,
  scoreSums,
  splitHour,
  splitShard,
  verifyShares,
} from '../../shared/rewards/split.ts';
import { emissionHours, emissionOf } from '../../shared/token/emission.ts';
import { largestRemainder } from '../support/largest-remainder.ts';
import { anEntry, anyEntries, anyUnits, epochId, firstHourUnits, policy } from './builders.ts';

const seeded = { seed: 65_700, numRuns: 300 };
const sum = (values: Iterable<bigint>): bigint => [...values].reduce((all, one) => all + one, 0n);

/** Amounts by device and pool. */
const amountsOf = (units: bigint, entries: readonly RewardEntry[]): Map<string, bigint> => {
  const ordered = inOrder(epochId, entries);
  const { shares } = splitHour(units, ordered, policy);
  return new Map(
    ordered.map(({ publicId, pool }, index) => [`${publicId} ${pool}`, present(shares[index], '')]),
  );
};

describe('the shares', () => {
  it('of each pool sum to what it gives, with what stays unallocated', () => {
    void fc.assert(
      fc.property(anyUnits, anyEntries, (units, entries) => {
        const { plan, shares } = splitHour(units, entries, policy);
        for (const pool of pools) {
          const own = sum(entries.map((one, at) => (one.pool === pool ? (shares[at] ?? 0n) : 0n)));
          expect(own + plan[pool].unallocatedUnits).toBe(plan[pool].units);
          expect(plan[pool].unallocatedUnits === 0n || own === 0n).toBe(true);
        }
        const kept = sum(pools.map((pool) => plan[pool].unallocatedUnits));
        expect(sum(shares) + kept).toBe(units);
      }),
      seeded,
    );
  });

  it('are less than a base unit away from the exact ones, and nothing for no score', () => {
    void fc.assert(
      fc.property(anyUnits, anyEntries, (units, entries) => {
        const { plan, shares } = splitHour(units, entries, policy);
        for (const [index, { pool, score }] of entries.entries()) {
          const share = present(shares[index], '');
          if (score === 0n) expect(share).toBe(0n);
          const off = share * plan[pool].score - plan[pool].units * score;
          if (score > 0n) expect(off < plan[pool].score && -off < plan[pool].score).toBe(true);
        }
      }),
      seeded,
    );
  });

  it('of a higher score are never smaller by more than a base unit', () => {
    void fc.assert(
      fc.property(anyUnits, anyEntries, (units, entries) => {
        const { shares } = splitHour(units, entries, policy);
        for (const pool of pools) {
          const own = entries
            .map((entry, index) => ({ ...entry, share: present(shares[index], '') }))
            .filter((entry) => entry.pool === pool)
            .sort((a, b) => (a.score < b.score ? -1 : 1));
          let most = 0n;
          for (const { share } of own) {
            expect(share >= most - 1n).toBe(true);
            if (share > most) most = share;
          }
        }
      }),
      seeded,
    );
  });

  it('are those of largest remainder but for a base unit', () => {
    void fc.assert(
      fc.property(anyUnits, anyEntries, (units, entries) => {
        const { shares } = splitHour(units, entries, policy);
        const others = largestRemainder(units, entries, policy);
        for (const [index, share] of shares.entries()) {
          const difference = share - present(others[index], '');
          expect(difference >= -1n && difference <= 1n).toBe(true);
        }
        expect(sum(shares)).toBe(sum(others));
      }),
      seeded,
    );
  });

  it('do not depend on the order in which entries arrive', () => {
    const arrivals = anyEntries.chain((entries) =>
      fc.tuple(
        fc.constant(entries),
        fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
      ),
    );
    void fc.assert(
      fc.property(anyUnits, arrivals, (units, [entries, shuffled]) => {
        expect(amountsOf(units, shuffled)).toEqual(amountsOf(units, entries));
      }),
      seeded,
    );
  });

  it('do not depend on the number of shards, each of which knows the sums before it alone', () => {
    const shards = fc.integer({ min: 1, max: 40 });
    void fc.assert(
      fc.property(anyUnits, anyEntries, shards, (units, entries, count) => {
        const plan = planPools(units, scoreSums(entries), policy);
        const sharded = Array.from({ length: count }, (_, shard) =>
          entries.filter(
            ({ publicId }) => shardOfKey(orderKeyOf(epochId, publicId), count) === shard,
          ),
        ).map((shard) => inOrder(epochId, shard));
        let before = perPool(() => 0n);
        const amounts = new Map<string, bigint>();
        for (const shard of sharded) {
          const shares = splitShard(plan, before, shard);
          for (const [index, { publicId, pool }] of shard.entries()) {
            amounts.set(`${publicId} ${pool}`, present(shares[index], ''));
          }
          const sums = scoreSums(shard);
          const reached = before;
          before = perPool((pool) => reached[pool] + sums[pool]);
        }
        expect(amounts).toEqual(amountsOf(units, entries));
        expect(sharded.flat()).toEqual(inOrder(epochId, entries));
      }),
      seeded,
    );
  });

  it('of one device are all of its pool, and equal scores get equal shares but for a unit', () => {
    const alone = splitHour(firstHourUnits, [anEntry(1)], policy);
    expect(alone.shares[0]).toBe((firstHourUnits * 95n) / 100n);
    const { shares } = splitHour(
      1_000n,
      [1, 2, 3].map((number) => anEntry(number)),
      policy,
    );
    expect([...shares].sort()).toEqual([316n, 317n, 317n]);
  });

  it('of scores at their bound are exact', () => {
    const entries = Array.from({ length: 1_000 }, (_, number) =>
      anEntry(number, { score: 2n ** 53n }),
    );
    const { plan, shares } = splitHour(firstHourUnits, entries, policy);
    expect(sum(shares)).toBe(plan.enterprise.units);
    expect(new Set(shares)).toEqual(new Set([433_789_954n, 433_789_955n]));
  });
});

describe('the pools', () => {
  it('get 95 percent, rounded down, and the rest', () => {
    void fc.assert(
      fc.property(anyUnits, (units) => {
        const plan = planPools(units, { enterprise: 1n, community: 1n }, policy);
        expect(plan.enterprise.units).toBe((units * 95n) / 100n);
        expect(plan.community.units).toBe(units - (units * 95n) / 100n);
      }),
      seeded,
    );
  });

  it('keep what nobody in them earned: an hour without an eligible device is all unallocated', () => {
    const nobody = [anEntry(1, { score: 0n }), anEntry(2, { score: 0n, pool: 'community' })];
    for (const entries of [nobody, []]) {
      const { plan, shares } = splitHour(firstHourUnits, entries, policy);
      const kept = pools.map((pool) => plan[pool].unallocatedUnits);
      expect([sum(kept), sum(shares)]).toEqual([firstHourUnits, 0n]);
    }
  });

  it('never give to each other', () => {
    const { plan, shares } = splitHour(firstHourUnits, [anEntry(1, { pool: 'community' })], policy);
    expect(shares[0]).toBe(firstHourUnits - (firstHourUnits * 95n) / 100n);
    expect(plan.enterprise.unallocatedUnits).toBe((firstHourUnits * 95n) / 100n);
  });
});

describe('all hours that were posted', () => {
  it('sum to no more than the schedule up to them, whatever was allocated', () => {
    const stretch = fc.tuple(fc.integer({ min: 0, max: emissionHours - 50 }), anyEntries);
    void fc.assert(
      fc.property(stretch, ([first, entries]) => {
        let posted = first === 0 ? 0n : (emissionOf(first - 1)?.cumulativeUnits ?? 0n);
        for (let hour = first; hour < first + 50; hour += 1) {
          const { units, cumulativeUnits } = present(emissionOf(hour), 'no emission');
          const { plan, shares } = splitHour(units, entries, policy);
          posted += sum(shares) + sum(pools.map((pool) => plan[pool].unallocatedUnits));
          expect(posted).toBe(cumulativeUnits);
        }
      }),
      { ...seeded, numRuns: 20 },
    );
  });
});

describe('what cannot be split', () => {
  it.each([
    ['a negative score', -1n],
    ['a score above its bound', 2n ** 53n + 1n],
  ])('%s is refused', (_, score) => {
    expect(() => splitHour(1n, [anEntry(1, { score })], policy)).toThrow(`a score of ${score}`);
  });

  it('negative units, and more than 64 bits hold, are refused', () => {
    expect(() => splitHour(-1n, [], policy)).toThrow('units to split');
    expect(() => splitHour(2n ** 64n, [], policy)).toThrow('units to split');
  });

  it('a shard that begins behind the end is refused', () => {
    const plan = planPools(10n, { enterprise: 5n, community: 0n }, policy);
    const before = { enterprise: 6n, community: 0n };
    expect(() => splitShard(plan, before, [])).toThrow('begins behind the end');
  });

  it('a device that stands twice in a pool is refused, and one in both pools is not', () => {
    const [one, other] = [anEntry(1), anEntry(1, { pool: 'community' })];
    expect(inOrder(epochId, [other, one])).toEqual([one, other]);
    expect(() => inOrder(epochId, [one, other, one])).toThrow('stands twice');
  });

  it('shares of which one is off by a base unit are refused', () => {
    const entries = [anEntry(1), anEntry(2), anEntry(3, { pool: 'community' })];
    const { plan, shares } = splitHour(firstHourUnits, entries, policy);
    for (const index of shares.keys()) {
      const wrong = shares.slice();
      wrong[index] = present(wrong[index], '') + 1n;
      expect(() => verifyShares(plan, entries, wrong)).toThrow(/allocated and 0 not are not/);
    }
  });
});

describe('the order', () => {
  it('is another in another hour, and needs a whole one', () => {
    const entries = Array.from({ length: 20 }, (_, number) => anEntry(number));
    const ids = (hour: string) => inOrder(hour, entries).map(({ publicId }) => publicId);
    expect(ids('2026-11-22T18')).not.toEqual(ids('2026-11-22T19'));
    expect(ids('2026-11-22T18').toSorted()).toEqual(ids('2026-11-22T19').toSorted());
    expect(() => orderKeyOf('2026-11-22T18:00', 'a')).toThrow('no hour');
  });
});

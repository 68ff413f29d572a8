/** Guarantees of a device's stake: its bounds, what a cooldown does to it, and what hours read from it later. */
import fc from 'fast-check';
import { dayMs, hourMs, hourOf, minuteMs } from '../../shared/core/time.ts';
import { models } from '../../shared/market/catalogue.ts';
import {
  cooldownsMax,
  type DeviceStake,
  decideStake,
  decideUnstake,
  keptLevels,
  noStake,
  requiredStakeFor,
  withMore,
  withoutCooldown,
} from '../../shared/rewards/device-stake.ts';
import { nominate } from '../../shared/rewards/nomination.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { stakeDuring } from '../../shared/rewards/stake.ts';
import { aDevice } from '../devices/builders.ts';
import { aDeviceHour, hourStartMs, policy } from './builders.ts';

const io = 10n ** 8n;
const seeded = { seed: 16_000, numRuns: 100 };
const requiredUnits = 250n * io;
const nothing = noStake(aDevice(1));
const ust = (number: number) => `ust_${String(number).padStart(26, '0')}` as const;

const staked = (units: bigint, nowMs = hourStartMs): DeviceStake => withMore(nothing, units, nowMs);

describe('what a device must have staked', () => {
  it('is what its gate asks for, for every model', () => {
    for (const { model } of models) {
      const required = requiredStakeFor({ model, processorCount: 4 }, policy);
      const processors = Array.from({ length: 4 }, () => ({ model, proof: null }));
      const gateAt = (stakeUnits: bigint) =>
        nominate(aDeviceHour(1, { processors, stakeUnits }), policy)[0]?.gates.stake;
      expect(gateAt(required)).toBeNull();
      expect(required === 0n || gateAt(required - 1n) === 'stake_below_minimum').toBe(true);
    }
  });

  it('is nothing where it earns no block reward', () => {
    const cpu = { model: 'x86-64 CPU', processorCount: 1 };
    expect(requiredStakeFor(cpu, policy)).toBe(0n);
    expect(requiredStakeFor(cpu, rewardPolicyAt('local', 0))).toBe(200n * io);
    expect(decideStake(nothing, { units: 1n, requiredUnits: 0n, nowMs: 0 })).toEqual({
      outcome: 'not_needed',
    });
  });
});

describe('staking', () => {
  it('goes up to the maximum and not a unit further', () => {
    const half = staked(100n * io);
    const order = { requiredUnits, nowMs: hourStartMs };
    expect(decideStake(half, { ...order, units: 150n * io })).toMatchObject({
      outcome: 'staked',
      stake: { activeUnits: requiredUnits, version: 2 },
    });
    expect(decideStake(half, { ...order, units: 150n * io + 1n })).toEqual({
      outcome: 'above_maximum',
      roomUnits: 150n * io,
    });
  });

  it('is refused where the requirement has shrunk below what is there', () => {
    expect(
      decideStake(staked(requiredUnits), { units: 1n, requiredUnits: io, nowMs: hourStartMs }),
    ).toEqual({ outcome: 'above_maximum', roomUnits: 0n });
  });

  it.each([0n, -1n])('of %s is a bug', (units) => {
    expect(() => withMore(nothing, units, 0)).toThrow('a stake of nothing');
  });
});

describe('asking stake back', () => {
  const order = { unstakeId: ust(1), nowMs: hourStartMs + minuteMs, cooldownMs: 14 * dayMs };

  it('counts no more from its start, and waits for fourteen days', () => {
    expect(policy.stakeCooldownMs).toBe(order.cooldownMs);
    const decision = decideUnstake(staked(requiredUnits), { ...order, units: io });
    expect(decision).toMatchObject({
      outcome: 'cooling',
      stake: { activeUnits: 249n * io, version: 2 },
      cooldown: { units: io, endsAtMs: order.nowMs + 14 * dayMs },
    });
    const { levels } = decision.outcome === 'cooling' ? decision.stake : nothing;
    expect(stakeDuring(levels, hourStartMs)).toBe(249n * io);
  });

  it('takes all of it unless told, and never more than there is', () => {
    const stake = staked(requiredUnits);
    expect(decideUnstake(stake, order)).toMatchObject({ cooldown: { units: requiredUnits } });
    expect(decideUnstake(stake, { ...order, units: requiredUnits + 1n })).toEqual({
      outcome: 'more_than_active',
    });
    expect(decideUnstake(nothing, order)).toEqual({ outcome: 'more_than_active' });
    expect(() => decideUnstake(stake, { ...order, units: -1n })).toThrow('less than nothing');
  });

  it('makes room for as much again: what cools down does not count', () => {
    const decision = decideUnstake(staked(requiredUnits), order);
    const stake = decision.outcome === 'cooling' ? decision.stake : nothing;
    expect(
      decideStake(stake, { units: requiredUnits, requiredUnits, nowMs: order.nowMs }),
    ).toMatchObject({ outcome: 'staked', stake: { activeUnits: requiredUnits } });
  });

  it('ends when its time is over, once, and not before', () => {
    const decision = decideUnstake(staked(requiredUnits), order);
    const stake = decision.outcome === 'cooling' ? decision.stake : nothing;
    const endsAtMs = order.nowMs + order.cooldownMs;
    expect(() => withoutCooldown(stake, ust(1), endsAtMs - 1)).toThrow('cools down until');
    const ended = withoutCooldown(stake, ust(1), endsAtMs);
    expect(ended).toMatchObject({ activeUnits: 0n, cooldowns: [], version: 3 });
    expect(() => withoutCooldown(ended, ust(1), endsAtMs)).toThrow('does not cool down');
  });

  it('is refused beyond twenty at once', () => {
    const many = Array.from({ length: cooldownsMax }).reduce<DeviceStake>((stake, _, index) => {
      const decision = decideUnstake(stake, { ...order, unstakeId: ust(index), units: 1n });
      return decision.outcome === 'cooling' ? decision.stake : stake;
    }, staked(requiredUnits));
    expect(many.cooldowns).toHaveLength(cooldownsMax);
    expect(decideUnstake(many, { ...order, units: 1n })).toEqual({ outcome: 'too_many_cooldowns' });
  });
});

describe('what is remembered of levels', () => {
  const steps = fc.array(
    fc.record({
      // Often on the hour, often in the same one.
      afterMs: fc.oneof(
        fc.constantFrom(0, 1, minuteMs, hourMs, 13 * hourMs),
        fc.integer({ min: 0, max: 3 * hourMs }),
      ),
      activeUnits: fc.bigInt({ min: 0n, max: 5n }),
    }),
    { maxLength: 80 },
  );

  it('answers for every hour of the last 49 what all levels would', () => {
    void fc.assert(
      fc.property(steps, (made) => {
        let atMs = hourStartMs;
        const all = made.map(({ afterMs, activeUnits }) => {
          atMs += afterMs;
          return { atMs, activeUnits };
        });
        let kept: DeviceStake['levels'] = [];
        for (const level of all) kept = keptLevels([...kept, level], level.atMs);
        for (let hour = hourOf(atMs) - 48; hour <= hourOf(atMs) + 1; hour += 1) {
          expect(stakeDuring(kept, hour * hourMs)).toBe(stakeDuring(all, hour * hourMs));
        }
        expect(kept.at(-1)).toEqual(all.at(-1));
      }),
      seeded,
    );
  });

  it('is the least after the opening, also where several came in its very moment', () => {
    const levels = [0n, 100n, 50n, 80n].map((activeUnits, index) => ({
      atMs: hourStartMs + Math.max(0, index - 1),
      activeUnits,
    }));
    const kept = keptLevels(levels, hourStartMs + minuteMs);
    expect(stakeDuring(levels, hourStartMs)).toBe(50n);
    expect(stakeDuring(kept, hourStartMs)).toBe(50n);
  });

  it('is little, however often somebody stakes and takes back', () => {
    const busy = Array.from({ length: 20_000 }, (_, index) => ({
      atMs: hourStartMs + index * 10_000,
      activeUnits: BigInt((index * 7) % 13),
    }));
    expect(keptLevels(busy, hourStartMs + 200_000_000).length).toBeLessThanOrEqual(150);
  });

  it('is in order, also where the clock of the next function is behind', () => {
    const late = withMore(staked(io, hourStartMs), io, hourStartMs - 5_000);
    expect(late.levels.at(-1)).toEqual({ atMs: hourStartMs, activeUnits: 2n * io });
    expect(stakeDuring(late.levels, hourStartMs)).toBe(2n * io);
  });
});

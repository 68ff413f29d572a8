/** Guarantees of the stake: what is required of a device, and what of it counts in an hour. */
import { minuteMs } from '../../shared/core/time.ts';
import { models } from '../../shared/market/catalogue.ts';
import { requiredStakeOf, stakeDuring } from '../../shared/rewards/stake.ts';
import { hourStartMs, policy } from './builders.ts';

const io = (tokens: number): bigint => BigInt(tokens) * 10n ** 8n;

describe('the stake', () => {
  it('that is required is 200 IO for each processor, times its multiplier above 1', () => {
    const eight = (hundredths: number) => Array.from({ length: 8 }, () => hundredths);
    expect(requiredStakeOf(eight(1_000), policy)).toBe(io(16_000));
    expect(requiredStakeOf([25, 25, 25, 25], policy)).toBe(io(800));
    expect(requiredStakeOf([125], policy)).toBe(io(250));
    expect(requiredStakeOf([], policy)).toBe(0n);
    expect(
      models.every((one) => requiredStakeOf([one.rewardMultiplierHundredths], policy) > 0n),
    ).toBe(true);
  });

  const at = (minutes: number, tokens: number) => ({
    atMs: hourStartMs + minutes * minuteMs,
    activeUnits: io(tokens),
  });

  it.each<[string, readonly ReturnType<typeof at>[], number]>([
    ['nobody staked', [], 0],
    ['that was there before counts', [at(-600, 250)], 250],
    ['that comes as the hour begins counts', [at(0, 250)], 250],
    ['that comes in the hour counts from the next one on', [at(1, 250)], 0],
    ['that leaves in the hour counts no more', [at(-600, 250), at(59, 0)], 0],
    [
      'that leaves and comes back within the hour does not count',
      [at(-60, 250), at(5, 0), at(6, 250)],
      0,
    ],
    ['that leaves as the hour ends counts', [at(-600, 250), at(60, 0)], 250],
    ['counts by its least level', [at(50, 240), at(-600, 300), at(20, 250)], 240],
  ])('that is active during an hour: %s', (_, levels, tokens) => {
    expect(stakeDuring(levels, hourStartMs)).toBe(io(tokens));
  });

  it('is never negative', () => {
    expect(() => stakeDuring([{ atMs: 0, activeUnits: -1n }], hourStartMs)).toThrow('negative');
  });
});

/**
 * The stake of a device: how much it must have, which is also the most it may have, and how much of it counts
 * in an hour. Amounts are base units of IO.
 */
import { assert } from '../core/assert.ts';
import { hourMs } from '../core/time.ts';
import type { RewardPolicy } from './policy.ts';

/**
 * The stake of a device with processors of these multipliers (hundredths): 200 IO for each, times its
 * multiplier where that is above 1. The minimum and the maximum are the same amount.
 */
export const requiredStakeOf = (
  multipliers: readonly number[],
  { stakeUnitsPerProcessor }: Pick<RewardPolicy, 'stakeUnitsPerProcessor'>,
): bigint =>
  multipliers.reduce((sum, hundredths) => {
    assert(Number.isSafeInteger(hundredths) && hundredths >= 0, 'a multiplier in hundredths');
    return sum + (stakeUnitsPerProcessor * BigInt(Math.max(100, hundredths))) / 100n;
  }, 0n);

/** From this time on so much was staked and in no cooldown. */
export interface StakeLevel {
  readonly atMs: number;
  readonly activeUnits: bigint;
}

/**
 * What was staked during the whole of the hour: the least active stake from its first millisecond to its last.
 * Stake that comes in the course of the hour counts from the next one on, stake that leaves counts no more, and
 * what happens after the hour changes nothing in it. Levels in any order; before the first there is none.
 */
export const stakeDuring = (levels: readonly StakeLevel[], startMs: number): bigint => {
  const sorted = levels.toSorted((a, b) => a.atMs - b.atMs);
  assert(
    sorted.every(({ activeUnits }) => activeUnits >= 0n),
    'a negative stake',
  );
  const opening = sorted.findLast(({ atMs }) => atMs <= startMs)?.activeUnits ?? 0n;
  return sorted
    .filter(({ atMs }) => atMs > startMs && atMs < startMs + hourMs)
    .reduce((least, { activeUnits }) => (activeUnits < least ? activeUnits : least), opening);
};

/**
 * What an organisation has staked on a device: what counts, what cools down, and how much counted at each time
 * of the last two days. Invariants: what counts is never negative; what leaves counts no more from the moment
 * it is asked back; levels follow one another in time, and every hour that can still be closed reads from the
 * kept ones what it would have read from all. Where the units are is the ledger's business. Pure.
 */
import { assert, present } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { hourMs, hourOf } from '../core/time.ts';
import type { Device } from '../devices/device.ts';
import type { RewardPolicy } from './policy.ts';
import { multiplierOf } from './pool.ts';
import { requiredStakeOf, type StakeLevel } from './stake.ts';

/** Stake that was asked back and waits; it counts no more. Units are base units of IO. */
export interface Cooldown {
  readonly unstakeId: Id<'ust'>;
  readonly units: bigint;
  readonly startedAtMs: number;
  readonly endsAtMs: number;
}

export interface DeviceStake {
  readonly deviceId: Id<'dev'>;
  readonly organisation: string;
  /** Base units that count now. */
  readonly activeUnits: bigint;
  /** Oldest first. */
  readonly cooldowns: readonly Cooldown[];
  /** Oldest first; the last one is what counts now. */
  readonly levels: readonly StakeLevel[];
  /** 0: nothing was ever staked. */
  readonly version: number;
}

/** More than this at once is refused: they are kept together. */
export const cooldownsMax = 20;
/** Presence remembers 48 hours, so no hour that began earlier can be closed any more. */
const rememberedMs = 49 * hourMs;

export const noStake = ({
  id,
  organisationId,
}: Pick<Device, 'id' | 'organisationId'>): DeviceStake => ({
  ...{ deviceId: id, organisation: organisationId },
  ...{ activeUnits: 0n, cooldowns: [], levels: [], version: 0 },
});

/** Holds for every stake, before it is written and after it was read; a breach is a bug. */
export const assertStake = (stake: DeviceStake): DeviceStake => {
  const { deviceId, activeUnits, cooldowns, levels } = stake;
  assert(activeUnits >= 0n, `${deviceId}: a negative stake`);
  assert(
    cooldowns.every(({ units }) => units > 0n),
    `${deviceId}: nothing cools down`,
  );
  assert(cooldowns.length <= cooldownsMax, `${deviceId}: ${cooldowns.length} cooldowns`);
  assert((levels.at(-1)?.activeUnits ?? 0n) === activeUnits, `${deviceId}: another last level`);
  return stake;
};

/** The least stake of a device, which is also the most; 0 where it earns no block reward and takes none. */
export const requiredStakeFor = (
  { model, processorCount }: Pick<Device, 'model' | 'processorCount'>,
  policy: Pick<RewardPolicy, 'stakeUnitsPerProcessor' | 'anyCpuHundredths'>,
): bigint => {
  const hundredths = multiplierOf(model, policy);
  if (hundredths === 0) return 0n;
  return requiredStakeOf(
    Array.from({ length: processorCount }, () => hundredths),
    policy,
  );
};

/** How much more may be staked; of a device whose requirement has shrunk it is 0. */
export const roomOf = ({ activeUnits }: DeviceStake, requiredUnits: bigint): bigint =>
  activeUnits >= requiredUnits ? 0n : requiredUnits - activeUnits;

export type StakeDecision =
  | { readonly outcome: 'staked'; readonly stake: DeviceStake }
  /** The device earns no block reward. */
  | { readonly outcome: 'not_needed' }
  | { readonly outcome: 'above_maximum'; readonly roomUnits: bigint };

/** Proposes so much more stake, above 0. */
export const decideStake = (
  stake: DeviceStake,
  order: { readonly units: bigint; readonly requiredUnits: bigint; readonly nowMs: number },
): StakeDecision => {
  const { units, requiredUnits, nowMs } = order;
  if (requiredUnits === 0n) return { outcome: 'not_needed' };
  const roomUnits = roomOf(stake, requiredUnits);
  if (units > roomUnits) return { outcome: 'above_maximum', roomUnits };
  return { outcome: 'staked', stake: withMore(stake, units, nowMs) };
};

/** The stake with so much more, above 0. */
export const withMore = (stake: DeviceStake, units: bigint, nowMs: number): DeviceStake => {
  assert(units > 0n, `${stake.deviceId}: a stake of nothing`);
  return changed(stake, { activeUnits: stake.activeUnits + units }, nowMs);
};

export type UnstakeDecision =
  | {
      readonly outcome: 'cooling';
      readonly stake: DeviceStake;
      readonly cooldown: Cooldown;
    }
  /** Less than that is staked, or nothing. */
  | { readonly outcome: 'more_than_active' }
  | { readonly outcome: 'too_many_cooldowns' };

/** Proposes to take so much back, all of it unless told; it counts no more from now on. */
export const decideUnstake = (
  stake: DeviceStake,
  order: {
    readonly unstakeId: Id<'ust'>;
    /** Above 0. */
    readonly units?: bigint | undefined;
    readonly nowMs: number;
    readonly cooldownMs: number;
  },
): UnstakeDecision => {
  const { unstakeId, units = stake.activeUnits, nowMs, cooldownMs } = order;
  assert(units >= 0n, `${stake.deviceId}: less than nothing is taken back`);
  if (units === 0n || units > stake.activeUnits) return { outcome: 'more_than_active' };
  if (stake.cooldowns.length >= cooldownsMax) return { outcome: 'too_many_cooldowns' };
  const cooldown = { unstakeId, units, startedAtMs: nowMs, endsAtMs: nowMs + cooldownMs };
  const changes = {
    activeUnits: stake.activeUnits - units,
    cooldowns: [...stake.cooldowns, cooldown],
  };
  return { outcome: 'cooling', stake: changed(stake, changes, nowMs), cooldown };
};

/** The cooldown of this name, if it still goes on. */
export const cooldownOf = ({ cooldowns }: DeviceStake, unstakeId: string): Cooldown | undefined =>
  cooldowns.find((each) => each.unstakeId === unstakeId);

/** The stake without a cooldown that is over; a BugError where it is not. */
export const withoutCooldown = (
  stake: DeviceStake,
  unstakeId: string,
  nowMs: number,
): DeviceStake => {
  const { endsAtMs } = present(cooldownOf(stake, unstakeId), `${unstakeId} does not cool down`);
  assert(endsAtMs <= nowMs, `${unstakeId} cools down until ${endsAtMs}`);
  return assertStake({
    ...stake,
    cooldowns: stake.cooldowns.filter((each) => each.unstakeId !== unstakeId),
    version: stake.version + 1,
  });
};

const changed = (
  stake: DeviceStake,
  changes: Pick<DeviceStake, 'activeUnits'> & Partial<DeviceStake>,
  nowMs: number,
): DeviceStake => {
  // Clocks of two functions differ by moments: the later change is not the earlier one.
  const atMs = Math.max(nowMs, stake.levels.at(-1)?.atMs ?? 0);
  const levels = keptLevels([...stake.levels, { atMs, activeUnits: changes.activeUnits }], atMs);
  return assertStake({ ...stake, ...changes, levels, version: stake.version + 1 });
};

/**
 * The levels without which some hour that began at most 49 hours ago would read another stake: of each hour
 * the one at its opening, the least one after it, and the last one. So they are at most 150, however often
 * somebody stakes and takes back. In order of time, as they came.
 */
export const keptLevels = (levels: readonly StakeLevel[], nowMs: number): readonly StakeLevel[] => {
  const first = levels.findLastIndex(({ atMs }) => atMs <= nowMs - rememberedMs);
  const remembered = levels.slice(Math.max(0, first));
  return [...Map.groupBy(remembered, ({ atMs }) => hourOf(atMs))].flatMap(([hour, own]) => {
    const later = own.filter(({ atMs }) => atMs > hour * hourMs);
    const opening = own.findLast(({ atMs }) => atMs === hour * hourMs);
    const least = later.reduce<StakeLevel | undefined>(
      (low, level) => (low !== undefined && low.activeUnits <= level.activeUnits ? low : level),
      undefined,
    );
    const kept = new Set([opening, least, own.at(-1)]);
    return own.filter((level) => kept.has(level));
  });
};

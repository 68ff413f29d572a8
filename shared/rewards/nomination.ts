/**
 * Who is nominated in an hour, and with which score: a pure function of what was known of a device when the
 * hour was judged. An entry per pool that the device has processors of; its score is 0 exactly if one of its
 * gates is closed. Nothing that happens after the hour is among the facts.
 */
import { assert } from '../core/assert.ts';
import { hourOf } from '../core/time.ts';
import type { DeviceStatus } from '../devices/device.ts';
import { minutesUp, type Presence, rememberedHours } from '../devices/presence.ts';
import type { ConnectivityTier } from '../devices/speed-schemas.ts';
import type { GateReason } from '../proofs/gate.ts';
import type { HiredAs } from '../proofs/hired-as.ts';
import type { RewardPolicy } from './policy.ts';
import { multiplierOf, type Pool, poolOf, pools } from './pool.ts';
import { closedStatuses, type GateOutcomes, type RewardGateReason } from './reward-gate.ts';
import { scoreOf } from './score.ts';
import { requiredStakeOf } from './stake.ts';

/** A processor and what its proofs of the hour came to. */
export interface RewardedProcessor {
  readonly model: string;
  /** Null: the gate passed; `not_judged` where the hour has no gate of it. */
  readonly proof: GateReason | 'not_judged' | null;
}

/** How long a device was up: in the hour and before it. Minutes are whole. */
export interface Uptime {
  /** 0 to 60. */
  readonly minutes: number;
  /** Of the hours before, the last one first; as many as the policy asks for at least. */
  readonly before: readonly number[];
  /** Of all hours before that are remembered. */
  readonly minutesBefore: number;
}

/** What is known of a device about one hour. */
export interface DeviceHour {
  readonly publicId: string;
  /** As the hour ended. */
  readonly status: DeviceStatus;
  readonly processors: readonly RewardedProcessor[];
  /** Null: not measured. */
  readonly tier: ConnectivityTier | null;
  readonly hasWallet: boolean;
  /** Base units of IO, active during the whole hour. */
  readonly stakeUnits: bigint;
  readonly uptime: Uptime;
  /** The start of the first hour that was ever rewarded; null: none was. */
  readonly firstRewardedMs: number | null;
  /** As what it was hired as each slot of the hour opened; null: idle. */
  readonly hired: readonly (HiredAs | null)[];
}

/** What a device brings into one pool. */
export interface RewardEntry {
  readonly publicId: string;
  readonly pool: Pool;
  readonly gates: GateOutcomes;
  /** Of the pool, with a multiplier. */
  readonly processors: number;
  /** Those of them that passed their proofs of the hour; they alone count. */
  readonly proved: number;
  readonly score: bigint;
}

/** Minutes up from a device's presence, for the hour that starts at this time. */
export const uptimeOf = (
  presence: Presence,
  startMs: number,
  { hoursUpBefore }: Pick<RewardPolicy, 'hoursUpBefore'>,
): Uptime => {
  const hour = hourOf(startMs);
  const before = Array.from({ length: rememberedHours }, (_, index) =>
    minutesUp(presence, hour - 1 - index),
  );
  return {
    minutes: minutesUp(presence, hour),
    before: before.slice(0, hoursUpBefore),
    minutesBefore: before.reduce((sum, minutes) => sum + minutes, 0),
  };
};

/**
 * Whether the device counts as hired in the hour: a hire that costs next to nothing, or that stays in the
 * family, is no hire; one whose customer refused proofs closes the proof gate instead.
 */
const wasHired = ({ hired }: DeviceHour): boolean => hired.includes('micro');

interface PoolPart {
  readonly pool: Pool;
  readonly counting: readonly RewardedProcessor[];
  readonly proved: readonly RewardedProcessor[];
  readonly hundredths: number;
}

const partOf = (device: DeviceHour, pool: Pool, policy: RewardPolicy): PoolPart => {
  const counting = device.processors.filter(
    ({ model }) => poolOf(model) === pool && multiplierOf(model, policy) > 0,
  );
  const proved = counting.filter(({ proof }) => proof === null);
  const hundredths = proved.reduce((sum, { model }) => sum + multiplierOf(model, policy), 0);
  return { pool, counting, proved, hundredths };
};

const connectivityReason = (tier: ConnectivityTier | null): RewardGateReason | null => {
  if (tier === null) return 'line_not_measured';
  return tier === 0 ? 'line_too_slow' : null;
};

/** Every gate of the device but that of the proofs, which is the entry's own. */
const deviceGates = (device: DeviceHour, policy: RewardPolicy): Omit<GateOutcomes, 'proof'> => {
  const { status, uptime, firstRewardedMs } = device;
  const multipliers = device.processors
    .map(({ model }) => multiplierOf(model, policy))
    .filter((hundredths) => hundredths > 0);
  const closed = (reason: RewardGateReason, open: boolean) => (open ? null : reason);
  const isUp = (minutes: number) => minutes >= policy.minutesUpMin;
  return {
    status: closedStatuses.find((one) => one === status) ?? null,
    wallet: closed('no_wallet', device.hasWallet),
    stake: closed('stake_below_minimum', device.stakeUnits >= requiredStakeOf(multipliers, policy)),
    hardware: closed('no_multiplier', multipliers.length > 0),
    connectivity: connectivityReason(device.tier),
    first_wait: closed(
      'first_wait',
      firstRewardedMs !== null || uptime.minutesBefore >= policy.firstWaitMinutes,
    ),
    uptime_before: closed('down_before', uptime.before.every(isUp)),
    uptime: closed('down_in_hour', isUp(uptime.minutes)),
  };
};

/** Passed if one of the processors did; otherwise the first one's reason. */
const proofReason = ({ pool, counting }: PoolPart, device: DeviceHour): RewardGateReason | null => {
  const own = device.processors.filter(({ model }) => poolOf(model) === pool);
  const proofs = (counting.length > 0 ? counting : own).map(({ proof }) => proof);
  return proofs.includes(null) ? null : (proofs[0] ?? 'not_judged');
};

/**
 * The entries of a device: one for each pool that it has processors with a multiplier of. A device without
 * any has one entry, in the pool of its first processor, so that its owner reads why it earns nothing. Uptime,
 * line and hire count in the entry with the larger hardware term alone, enterprise before community.
 */
export const nominate = (device: DeviceHour, policy: RewardPolicy): readonly RewardEntry[] => {
  const { uptime, publicId } = device;
  assert(
    uptime.before.length >= policy.hoursUpBefore,
    `${publicId}: ${uptime.before.length} hours before are known`,
  );
  const parts = pools.map((pool) => partOf(device, pool, policy));
  const own = parts.filter(({ counting }) => counting.length > 0);
  const [first] = device.processors;
  const fallback = parts.filter(({ pool }) => pool === (first ? poolOf(first.model) : 'community'));
  const entries = own.length > 0 ? own : fallback;
  const main = entries.reduce((best, part) => (part.hundredths > best.hundredths ? part : best));
  const gates = deviceGates(device, policy);
  return entries.map((part) => {
    const outcomes = { ...gates, proof: proofReason(part, device) };
    const isOpen = Object.values(outcomes).every((reason) => reason === null);
    const terms = {
      minutes: part === main ? uptime.minutes : 0,
      tier: part === main ? (device.tier ?? 0) : 0,
      hundredths: part.hundredths,
      hired: part === main && wasHired(device),
    };
    return {
      publicId,
      pool: part.pool,
      gates: outcomes,
      processors: part.counting.length,
      proved: part.proved.length,
      score: isOpen ? scoreOf(terms, policy) : 0n,
    };
  });
};

/**
 * What stands between a device and the reward of the hour that runs: each gate as it stands now, judged by the
 * rule that closes the hour. Of what the hour has not shown yet it takes the best: that the device stays up from
 * now on, and that its proofs go on as in the last hour that was judged. So a gate that is closed here stays
 * closed, or opens by what its remedy says; one that is open may still be lost. Pure.
 */
import { ioText } from '../core/io-text.ts';
import { hourMs, hourOf } from '../core/time.ts';
import type { Device } from '../devices/device.ts';
import { firstPresence, heard, minutesUp, type Presence } from '../devices/presence.ts';
import { hourIdOf } from '../proofs/gate.ts';
import { requiredStakeFor } from './device-stake.ts';
import { type DeviceHour, nominate, type RewardEntry, uptimeOf } from './nomination.ts';
import type { RewardPolicy } from './policy.ts';
import { multiplierOf } from './pool.ts';
import {
  type RewardGate,
  type RewardGateReason,
  rewardGates,
  rewardGateWords,
} from './reward-gate.ts';

/** What is known of a device in the hour that runs. */
export interface RunningHour {
  readonly device: Pick<Device, 'model' | 'processorCount' | 'statusReason'>;
  /** As if the hour ended now, but with the proofs of `proofHourMs`. */
  readonly hour: DeviceHour;
  readonly presence: Presence | undefined;
  /** The start of the last hour that was judged for a processor; null: none was. */
  readonly proofHourMs: number | null;
  /** Base units of IO that are active now; what counts in the hour stands in `hour`. */
  readonly activeUnits: bigint;
  readonly startMs: number;
  readonly nowMs: number;
  readonly policy: RewardPolicy;
}

export interface RewardCheck {
  readonly gate: RewardGate;
  readonly required: string;
  readonly actual: string;
  readonly passed: boolean;
  readonly reason: RewardGateReason | null;
  /** What the reason means, and what helps; null where nothing is to be done. */
  readonly says: string | null;
  readonly remedy: string | null;
}

export interface RewardReadiness {
  /** Every gate once; the proofs once for each pool. */
  readonly checks: readonly RewardCheck[];
  /** What the device brings into the hour if nothing comes in between: an entry for each of its pools. */
  readonly entries: readonly RewardEntry[];
  /** The least stake, which is also the most; 0 where none is needed. */
  readonly requiredUnits: bigint;
}

/** The presence of a device that is heard now and until the hour ends. */
const stayingUp = (presence: Presence | undefined, nowMs: number, endMs: number): Presence => {
  const now = presence ? heard(presence, nowMs) : firstPresence(null, nowMs);
  return { ...now, lastSeenMs: Math.max(endMs, now.lastSeenMs) };
};

/** How the gates of the hour stand now. */
export const rewardReadinessOf = (running: RunningHour): RewardReadiness => {
  const { device, presence, startMs, nowMs, policy } = running;
  const staying = stayingUp(presence, nowMs, startMs + hourMs);
  const hour = { ...running.hour, uptime: uptimeOf(staying, startMs, policy) };
  const entries = nominate(hour, policy);
  const requiredUnits = requiredStakeFor(device, policy);
  const told = { ...running, hour, requiredUnits, entries };
  const checks = rewardGates.flatMap((gate) => {
    const own = gate === 'proof' ? entries : entries.slice(0, 1);
    return own.map((entry) => checkOf(gate, entry, told));
  });
  return { checks, entries, requiredUnits };
};

interface Told extends RunningHour {
  readonly requiredUnits: bigint;
  readonly entries: readonly RewardEntry[];
}

const checkOf = (gate: RewardGate, entry: RewardEntry, told: Told): RewardCheck => {
  const reason = entry.gates[gate];
  const words = reason === null ? null : rewardGateWords[reason];
  return {
    gate,
    ...wordsOf[gate](told, entry),
    passed: reason === null,
    reason,
    says: words?.says ?? null,
    remedy: words?.remedy ?? null,
  };
};

const io = (units: bigint): string => `${ioText(units, 2)} IO`;
const hours = (minutes: number): string => `${Math.floor(minutes / 60)} h ${minutes % 60} min`;

/** What each gate asks, and what there is. */
const wordsOf: Readonly<
  Record<RewardGate, (told: Told, entry: RewardEntry) => Pick<RewardCheck, 'required' | 'actual'>>
> = {
  status: ({ hour, device }) => ({
    required: 'up, or down for a while',
    actual: `${hour.status} (${device.statusReason})`,
  }),
  wallet: ({ hour }) => ({
    required: 'a Solana wallet that its supplier has registered',
    actual: hour.hasWallet ? 'registered' : 'none registered',
  }),
  stake: ({ hour, activeUnits, requiredUnits }) => ({
    required: `${io(requiredUnits)} active during the whole hour`,
    actual: `${io(hour.stakeUnits)} since the hour began, ${io(activeUnits)} now`,
  }),
  hardware: ({ device, policy }) => ({
    required: 'a processor with a multiplier above 0',
    actual:
      `${device.processorCount} x ${device.model}, ` +
      `multiplier ${multiplierOf(device.model, policy) / 100}`,
  }),
  connectivity: ({ hour }) => ({
    required: 'speed class 1 or faster',
    actual: hour.tier === null ? 'not measured' : `class ${hour.tier}`,
  }),
  first_wait: ({ hour, policy }) => ({
    required: `up for ${hours(policy.firstWaitMinutes)} in all before its first reward`,
    actual:
      hour.firstRewardedMs === null
        ? `${hours(hour.uptime.minutesBefore)} before this hour`
        : `first rewarded in ${hourIdOf(hour.firstRewardedMs)}`,
  }),
  uptime_before: ({ hour, policy }) => ({
    required: `${policy.minutesUpMin} minutes up in each of the ${policy.hoursUpBefore} hours before`,
    actual:
      hour.uptime.before.length === 0
        ? 'no hour before counts'
        : `${hour.uptime.before.join(', ')} minutes, the last hour first`,
  }),
  uptime: ({ hour, presence, policy, startMs }) => ({
    required: `${policy.minutesUpMin} minutes up in this hour`,
    actual:
      `${presence ? minutesUp(presence, hourOf(startMs)) : 0} minutes so far, ` +
      `${hour.uptime.minutes} if it is up from now on`,
  }),
  proof: ({ proofHourMs, entries }, entry) => {
    const own = `${entry.proved} of ${entry.processors} processors`;
    const where = entries.length > 1 ? ` of the ${entry.pool} pool` : '';
    return {
      required: `a processor${where} that answers the calls of this hour`,
      actual:
        proofHourMs === null
          ? 'no hour was judged yet'
          : `${own}${where} in ${hourIdOf(proofHourMs)}, the last hour that was judged`,
    };
  },
};

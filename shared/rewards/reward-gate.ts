/**
 * The gates of a device in an hour: what it must have shown to be rewarded, and the reasons for which it was
 * not, as stable codes with what the supplier can do. Each gate is judged on its own, so that its owner sees
 * everything that stands in the way and not the first thing alone.
 */
import type { DeviceStatus } from '../devices/device.ts';
import { type GateReason, gateReasons, gateWords } from '../proofs/gate.ts';

/** In the order in which they are told. */
export const rewardGates = [
  'status',
  'wallet',
  'stake',
  'hardware',
  'connectivity',
  'first_wait',
  'uptime_before',
  'uptime',
  'proof',
] as const;

export type RewardGate = (typeof rewardGates)[number];

/** Statuses in which a device earns nothing. `down` is no such: how long it was up decides. */
export const closedStatuses = [
  'paused',
  'blocked',
  'restart_required',
  'unsupported',
  'inactive',
  'terminated',
] as const satisfies readonly DeviceStatus[];

const ownReasons = [
  'no_wallet',
  'stake_below_minimum',
  'no_multiplier',
  'line_not_measured',
  'line_too_slow',
  'first_wait',
  'down_before',
  'down_in_hour',
  'not_judged',
] as const;

export type RewardGateReason =
  | (typeof closedStatuses)[number]
  | (typeof ownReasons)[number]
  | GateReason;

/** Every reason. */
export const rewardGateReasons: readonly RewardGateReason[] = [
  ...closedStatuses,
  ...ownReasons,
  ...gateReasons,
];

/** Null: passed. */
export type GateOutcomes = Readonly<Record<RewardGate, RewardGateReason | null>>;

interface Words {
  readonly says: string;
  readonly remedy: string;
}

/** What a reason means and what helps, for suppliers. */
export const rewardGateWords: Readonly<Record<RewardGateReason, Words>> = {
  ...gateWords,
  paused: {
    says: 'The device was paused: who is not for hire earns no block reward.',
    remedy: 'Resume it with POST /v1/devices/{device_id}/resume.',
  },
  blocked: {
    says: 'The device is blocked.',
    remedy: 'Its readiness says why; a machine whose key was copied joins again with a new one.',
  },
  restart_required: { says: 'The machine must be restarted.', remedy: 'Restart the machine.' },
  unsupported: {
    says: 'This hardware cannot be offered.',
    remedy: 'Compare it with GET /v1/hardware.',
  },
  inactive: {
    says: 'The device was silent for five days.',
    remedy: 'Start the agent; the device is up again with its first heartbeat.',
  },
  terminated: { says: 'The device was terminated.', remedy: 'Join again with a new key.' },
  no_wallet: {
    says: 'Its supplier has registered no Solana wallet of their own.',
    remedy: 'Register one and sign what the platform asks, which proves that it is yours.',
  },
  stake_below_minimum: {
    says: 'Less than the required stake was active during the whole of the hour.',
    remedy: 'Stake what is missing before an hour begins; stake in cooldown does not count.',
  },
  no_multiplier: {
    says: 'None of its processors earns block rewards.',
    remedy: 'Nothing to do: it can be hired all the same. GET /v1/hardware shows the multipliers.',
  },
  line_not_measured: {
    says: 'The speed of its line was not measured yet.',
    remedy: 'Keep the agent running: the test comes to it by itself.',
  },
  line_too_slow: {
    says: 'Its line is slower than class 1.',
    remedy: 'Free or upgrade the line; it is measured again every hour until it suffices.',
  },
  first_wait: {
    says: 'A new device earns after it was up for twelve hours in all.',
    remedy: 'Keep the agent running.',
  },
  down_before: {
    says: 'The device was not up in each of the five hours before.',
    remedy: 'Keep the agent running and connected; a gap costs the hours after it.',
  },
  down_in_hour: {
    says: 'The device was up for less than 50 minutes of the hour.',
    remedy: 'Keep the agent running and connected.',
  },
  not_judged: {
    says: 'The proofs of this hour were not judged for the processor.',
    remedy: 'Nothing to do: a processor is judged from the first full hour after its verification.',
  },
};

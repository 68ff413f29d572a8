/**
 * Whether a device can be hired, and if not, what stands in the way: a checklist that its supplier can
 * work off. It proposes nothing to hire by; planning reads offers, which follow from the same facts.
 */
import { idleHeartbeatSeconds } from '../clusters/agent-protocol.ts';
import { isoOf } from '../core/time.ts';
import {
  type Check,
  type Device,
  failedCheck,
  rayTestValidMs,
  speedTestValidMs,
  type VerifyFailure,
} from './device.ts';
import { isLost, type Presence } from './presence.ts';

export const readinessStates = [
  'pending',
  'cluster_ready',
  'hired',
  /** Its status stands in the way, and waiting changes nothing. */
  'not_reward_ready',
] as const;

export interface ReadinessCheck {
  readonly check:
    | 'hardware_recognised'
    | 'agent_connected'
    | 'connectivity_tier'
    | 'processors_proved'
    | 'ray_test'
    | 'address_reachable'
    | 'status';
  readonly required: string;
  readonly actual: string;
  readonly passed: boolean;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
}

export interface Readiness {
  readonly state: (typeof readinessStates)[number];
  readonly checklist: readonly ReadinessCheck[];
}

/** The readiness at this moment. `presence` is undefined for a device that has none any more. */
export const readinessOf = (
  device: Device,
  presence: Presence | undefined,
  nowMs: number,
): Readiness => {
  const checklist = [
    hardwareCheck(device),
    connectionCheck(presence, nowMs),
    lineCheck(device, nowMs),
    proofCheck(device, nowMs),
    rayCheck(device, nowMs),
    addressCheck(device),
    statusCheck(device),
  ].map((check) => (check.passed ? { ...check, remedy: null } : check));
  return { state: stateOf(device, checklist), checklist };
};

const stateOf = (device: Device, checklist: readonly ReadinessCheck[]): Readiness['state'] => {
  if (device.hiredBy !== null) return 'hired';
  if (device.status !== 'up' && device.status !== 'down') return 'not_reward_ready';
  return checklist.every(({ passed }) => passed) ? 'cluster_ready' : 'pending';
};

const hardwareCheck = (device: Device): ReadinessCheck => ({
  check: 'hardware_recognised',
  required: 'a processor of the catalogue',
  actual: `${device.processorCount} x ${device.model}`,
  // Every machine has a CPU that counts at least as its architecture's model.
  passed: device.processorCount >= 1,
  remedy: 'Compare the names of your processors with GET /v1/hardware.',
});

const connectionCheck = (presence: Presence | undefined, nowMs: number): ReadinessCheck => ({
  check: 'agent_connected',
  required: `a heartbeat every ${idleHeartbeatSeconds} seconds`,
  actual: presence ? `last heard ${isoOf(presence.lastSeenMs)}` : 'never heard',
  passed:
    presence !== undefined &&
    presence.declared === null &&
    // Whether a node makes it speak faster is the sweep's business; what counts here is the least.
    !isLost(presence, null, nowMs),
  remedy: 'Start the agent with "raymesh-agent run"; "raymesh-agent doctor" finds what is wrong.',
});

/** In words, with what is to be done where a verification failed by it. */
const failureWords: Readonly<Record<VerifyFailure, string>> = {
  speed_test_unanswered:
    'the agent answered no speed test; see its log, and update it if it is old',
  speed_test_failed: 'the agent sent other octets than it was asked for; update it',
  line_too_slow: 'the line was too slow three times; free or upgrade it',
  proof_unanswered: 'the agent answered no challenge; see its log for what its prover needs',
  proof_failed: 'its proofs failed; GET /v1/proofs says why, and nothing else may load the machine',
  ray_test_unanswered: 'the agent answered no test of Ray; see its log',
  ray_test_failed: 'Ray did not start; "raymesh-agent doctor" says what it needs',
  platform_fault: 'the platform met a fault of its own',
};

/** What to do about a check: the words of a failure that is of it, and when it is tried again. */
const remedyOf = (device: Device, check: Check): string => {
  const { verifyFailure } = device;
  const failed = verifyFailure !== null && [check, null].includes(failedCheck[verifyFailure]);
  const again = 'It is tried again by itself, later each time; pause and resume it to try at once.';
  return failed
    ? `Last time ${failureWords[verifyFailure]}. ${again}`
    : 'Keep the agent running: the verification comes to it by itself.';
};

const mbit = (kbps: number): string => `${Math.floor(kbps / 1000)} Mbit/s`;

const lineCheck = (device: Device, nowMs: number): ReadinessCheck => {
  const { connectivityTier: tier, downKbps, upKbps, speedTestedAtMs } = device;
  const measured = tier !== null && downKbps !== null && upKbps !== null;
  return {
    check: 'connectivity_tier',
    required: 'speed class 1 or faster, measured within the last 24 hours',
    actual:
      measured && speedTestedAtMs !== null
        ? `class ${tier}: at least ${mbit(downKbps)} down and ${mbit(upKbps)} up, ` +
          `measured ${isoOf(speedTestedAtMs)}`
        : 'not measured yet',
    passed: tier !== null && tier > 0 && nowMs - (speedTestedAtMs ?? 0) < speedTestValidMs,
    remedy: remedyOf(device, 'speed_test'),
  };
};

const proofCheck = (device: Device, nowMs: number): ReadinessCheck => {
  const { provedAtMs, provedGops, verifyFromMs } = device;
  const waits = provedAtMs === null && nowMs < verifyFromMs;
  return {
    check: 'processors_proved',
    required: `a full proof of ${device.processorCount} x ${device.model}, all at once`,
    actual: proofWords(provedAtMs, provedGops),
    passed: provedAtMs !== null,
    remedy: waits
      ? `A proof was forged: it may prove itself again from ${isoOf(verifyFromMs)} on.`
      : remedyOf(device, 'proofs'),
  };
};

/** 10^9 operations a second are a thousandth of a TOPS. */
const proofWords = (provedAtMs: number | null, gops: number | null): string => {
  if (provedAtMs === null) return 'not proved';
  const rate = gops === null ? 'nothing to measure it by' : `${gops / 1000} TOPS measured`;
  return `proved ${isoOf(provedAtMs)}, ${rate}`;
};

const rayCheck = (device: Device, nowMs: number): ReadinessCheck => {
  const testedAtMs = device.rayTestedAtMs;
  const fresh = testedAtMs !== null && nowMs - testedAtMs < rayTestValidMs;
  const outcome = device.rayTestPassed ? 'passed' : 'failed';
  return {
    check: 'ray_test',
    required: 'a test start of Ray that passed within the last 24 hours',
    actual: testedAtMs === null ? 'no test counts yet' : `${outcome} ${isoOf(testedAtMs)}`,
    passed: fresh && device.rayTestPassed,
    remedy:
      'Once the device is proved, a test is ordered at least every hour until one passes; ' +
      '"raymesh-agent doctor" says what Ray needs.',
  };
};

const addressCheck = (device: Device): ReadinessCheck => ({
  check: 'address_reachable',
  required: `${device.address} can be dialled inside the site`,
  actual: device.addressReachable ? 'reachable' : 'not reachable at the last test',
  passed: device.addressReachable,
  remedy: `Let the agent listen on ${device.address}, and open the site's firewall for it.`,
});

const statusCheck = (device: Device): ReadinessCheck => ({
  check: 'status',
  required: 'up',
  actual: `${device.status} (${device.statusReason})`,
  passed: device.status === 'up',
  remedy:
    device.statusReason === 'proof_fraud'
      ? 'It forged proofs three times within thirty days, and stays blocked.'
      : statusRemedies[device.status],
});

const statusRemedies: Readonly<Record<Device['status'], string | null>> = {
  up: null,
  down: 'Start the agent; the device is up again with its first heartbeat or its next test.',
  inactive: 'Start the agent; the device is up again with its first heartbeat.',
  paused: 'Resume it with POST /v1/devices/{device_id}/resume.',
  blocked: 'Terminate it, and let each machine join with a key of its own.',
  restart_required: 'Restart the machine.',
  unsupported: 'This hardware cannot be offered.',
  terminated: 'Join again with a new key.',
};

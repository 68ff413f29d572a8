/**
 * A device: one supplier machine, hired whole by at most one cluster. Where the index `by_offer` lists
 * it follows from its state alone, by the one function below, so no write can forget it.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { hourMs } from '../core/time.ts';
import type { Region } from '../market/regions.ts';
import type { Hardware } from './hardware.ts';
import type { ConnectivityTier } from './speed-schemas.ts';

export const deviceStatuses = [
  'up',
  'down',
  'paused',
  'blocked',
  'restart_required',
  'unsupported',
  'inactive',
  'terminated',
] as const;

export type DeviceStatus = (typeof deviceStatuses)[number];

/** Why a device is in its status, or what else happened to it. */
export const deviceReasons = [
  'registered',
  'heartbeat_lost',
  'heartbeat_returned',
  'silent_for_five_days',
  'stop_unconfirmed',
  'ray_test_passed',
  'ray_test_failed',
  'key_in_use_twice',
  'speed_tested',
  'speed_test_failed',
  'proofs_passed',
  'proof_fraud',
  'acceptance_failed',
  'verification_failed',
  'hardware_changed',
  'paused_by_supplier',
  'resumed_by_supplier',
  'renamed_by_supplier',
  'terminated_by_supplier',
] as const;

export type DeviceReason = (typeof deviceReasons)[number];

/** What a device has to show before it is offered, in this order. */
export const checks = ['speed_test', 'proofs', 'ray_test'] as const;
export type Check = (typeof checks)[number];

/** Why the last verification of a device ended without it being ready. */
export const verifyFailures = [
  'speed_test_unanswered',
  'speed_test_failed',
  'line_too_slow',
  'proof_unanswered',
  'proof_failed',
  'ray_test_unanswered',
  'ray_test_failed',
  'platform_fault',
] as const;

export type VerifyFailure = (typeof verifyFailures)[number];

/** The check that a failure is of; null for a fault of the platform. */
export const failedCheck: Readonly<Record<VerifyFailure, Check | null>> = {
  speed_test_unanswered: 'speed_test',
  speed_test_failed: 'speed_test',
  line_too_slow: 'speed_test',
  proof_unanswered: 'proofs',
  proof_failed: 'proofs',
  ray_test_unanswered: 'ray_test',
  ray_test_failed: 'ray_test',
  platform_fault: null,
};

/** A cluster's claim on the whole device. */
export interface Hire {
  readonly clusterId: Id<'clu'>;
  readonly nodeId: Id<'nod'>;
  readonly sinceMs: number;
  /** Whether the customer lets the device prove itself meanwhile. */
  readonly proofConsent: boolean;
}

export interface Device {
  readonly id: Id<'dev'>;
  /** Random; the only name of the device that others than its supplier see. */
  readonly publicId: string;
  readonly organisationId: Id<'org'>;
  readonly siteId: Id<'site'>;
  readonly region: Region;
  readonly name: string;
  readonly status: DeviceStatus;
  readonly statusReason: DeviceReason;
  /** When its status last moved; null: not since it registered, or since before that was noted. */
  readonly movedAtMs: number | null;
  /** Grows by one with each change; what was planned from one version is refused at another. */
  readonly version: number;
  /** Ed25519, 32 bytes as base64. */
  readonly publicKey: string;
  /** As reported at registration. */
  readonly hardware: Hardware;
  /** The catalogue's model that it is offered as. */
  readonly model: string;
  readonly processorKind: 'cpu' | 'gpu';
  /** GPUs of that model, or 1 for a CPU. */
  readonly processorCount: number;
  /** Where those GPUs stand in the driver's list; empty for a CPU. */
  readonly gpuIndexes: readonly number[];
  /** CPU cores. */
  readonly cpus: number;
  /** Inside its site. */
  readonly address: string;
  readonly agentPort: number;
  readonly isolation: 'process';
  readonly agentVersion: string;
  readonly rayVersion: string | null;
  readonly pythonVersion: string | null;
  /** The last test start of Ray; null when there was none, or when none counts any more. */
  readonly rayTestedAtMs: number | null;
  readonly rayTestPassed: boolean;
  /** Whether that test could dial the registered address. */
  readonly addressReachable: boolean;
  /** What the last speed test said; all four are null before the first. */
  readonly connectivityTier: ConnectivityTier | null;
  readonly speedTestedAtMs: number | null;
  /** Kilobits per second from the platform to the device, and from the device to the platform. */
  readonly downKbps: number | null;
  readonly upKbps: number | null;
  /** When every processor of the device had passed a full proof; null until then. */
  readonly provedAtMs: number | null;
  /** What its processors reached together in those proofs, in 10^9 operations per second. */
  readonly provedGops: number | null;
  /** When its verification begins or began; what it showed earlier proves nothing any more. */
  readonly verifyFromMs: number;
  /** How the last verification failed; null while it goes on, and once the device is ready. */
  readonly verifyFailure: VerifyFailure | null;
  /** The cluster that has it, and the node that it is there; both or neither. */
  readonly hiredBy: Id<'clu'> | null;
  readonly hiredNode: Id<'nod'> | null;
  readonly hiredAtMs: number | null;
  /** Whether the customer lets it prove itself meanwhile; null while it is free. */
  readonly hiredConsent: boolean | null;
  readonly createdAtMs: number;
}

/** A passed test start of Ray counts for this long, and so does a speed test. */
export const rayTestValidMs = 24 * hourMs;
export const speedTestValidMs = 24 * hourMs;

/** Holds for every device, before it is written and after it was read; a breach is a bug. */
export const assertDevice = (device: Device): Device => {
  const hired = device.hiredBy !== null;
  assert(hired === (device.hiredNode !== null), `${device.id}: hired without a node`);
  assert(hired === (device.hiredAtMs !== null), `${device.id}: hired without a time`);
  assert(hired === (device.hiredConsent !== null), `${device.id}: hired without a consent`);
  assert(!(hired && device.status === 'terminated'), `${device.id}: terminated while hired`);
  assert(device.version >= 1, `${device.id}: version ${device.version}`);
  assert(device.processorCount >= 1, `${device.id}: no processor`);
  const tested = device.connectivityTier !== null;
  for (const measured of [device.speedTestedAtMs, device.downKbps, device.upKbps]) {
    assert(tested === (measured !== null), `${device.id}: half a speed test`);
  }
  assert(device.provedAtMs === null || device.provedAtMs >= device.verifyFromMs, 'an old proof');
  assert(
    device.provedAtMs !== null || device.provedGops === null,
    `${device.id}: an unproved rate`,
  );
  assert(
    device.gpuIndexes.length === (device.processorKind === 'gpu' ? device.processorCount : 0),
    `${device.id}: GPU indexes do not match its processors`,
  );
  return device;
};

/** The device with these changes, one version on. */
export const changed = (device: Device, changes: Partial<Device>): Device =>
  assertDevice({ ...device, ...changes, version: device.version + 1 });

/** The failure that is left once the device has passed this check. */
export const withoutFailure = (
  { verifyFailure }: Device,
  passed: Check,
): Pick<Device, 'verifyFailure'> => ({
  verifyFailure:
    verifyFailure !== null && failedCheck[verifyFailure] === passed ? null : verifyFailure,
});

/** Whether a test start of Ray is missing or failed, so that the device cannot be offered. */
export const needsRayTest = (device: Device): boolean =>
  device.rayTestedAtMs === null || !device.rayTestPassed || !device.addressReachable;

/** Whether a test may be ordered: it runs, or it has to prove that a lost node is gone. */
export const mayBeTested = (device: Device): boolean =>
  device.hiredBy === null &&
  (device.status === 'up' ||
    (device.status === 'down' && device.statusReason === 'stop_unconfirmed'));

/** Whether its line is fast enough for any hire; whether it was measured lately is not asked. */
const hasLine = ({ connectivityTier }: Device): boolean =>
  connectivityTier !== null && connectivityTier > 0;

/** Whether it has shown all that a device for hire has to show, however long ago. */
const isVerified = (device: Device): boolean =>
  hasLine(device) && device.provedAtMs !== null && !needsRayTest(device);

/** Where the index lists a device: for hire, in hire, waiting for a test or a proof, or nowhere. */
export const standingOf = (device: Device): 'offered' | 'hired' | 'untested' | 'none' => {
  if (device.hiredBy !== null) return 'hired';
  if (!mayBeTested(device)) return 'none';
  return device.status === 'up' && isVerified(device) ? 'offered' : 'untested';
};

/** When the older one of its tests was, of the line and of Ray. */
export const testedAtMs = (device: Device): number =>
  Math.min(device.rayTestedAtMs ?? 0, device.speedTestedAtMs ?? 0);

/** Whether the device can be hired at this moment, as far as its own item tells. */
export const isOffered = (device: Device, nowMs: number): boolean =>
  standingOf(device) === 'offered' &&
  nowMs - (device.rayTestedAtMs ?? 0) < rayTestValidMs &&
  nowMs - (device.speedTestedAtMs ?? 0) < speedTestValidMs;

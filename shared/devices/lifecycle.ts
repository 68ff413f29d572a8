/**
 * The statuses of a device and what moves it between them: one table, read by reason. A pair that the
 * table does not name is a conflict and changes nothing. Being hired is not a status: a hired device may
 * go down and come back while its cluster decides what to do.
 */
import { AppError } from '../core/errors.ts';
import { type Device, type DeviceReason, type DeviceStatus, deviceStatuses } from './device.ts';
import type { DeviceEvent, Evidence } from './device-event.ts';

/** Reasons that move a device; the others only happen to it. */
export type TransitionReason = Exclude<
  DeviceReason,
  | 'registered'
  | 'ray_test_failed'
  | 'renamed_by_supplier'
  | 'speed_tested'
  | 'speed_test_failed'
  | 'proofs_passed'
  | 'acceptance_failed'
  | 'verification_failed'
  | 'hardware_changed'
>;

type Row = Readonly<Partial<Record<DeviceStatus, DeviceStatus>>>;

const fromAll = (to: DeviceStatus, except: readonly DeviceStatus[]): Row =>
  Object.fromEntries(
    deviceStatuses.filter((status) => !except.includes(status)).map((status) => [status, to]),
  );

const table: Readonly<Record<TransitionReason, Row>> = {
  heartbeat_lost: { up: 'down', restart_required: 'down' },
  heartbeat_returned: { down: 'up', inactive: 'up' },
  silent_for_five_days: { down: 'inactive' },
  stop_unconfirmed: { up: 'down', down: 'down', restart_required: 'down' },
  ray_test_passed: { down: 'up' },
  key_in_use_twice: fromAll('blocked', ['blocked', 'terminated']),
  // The third strike within thirty days; the first two leave the status as it is.
  proof_fraud: fromAll('blocked', ['blocked', 'terminated']),
  paused_by_supplier: { up: 'paused', down: 'paused' },
  resumed_by_supplier: { paused: 'up' },
  terminated_by_supplier: fromAll('terminated', ['terminated']),
};

/** The statuses and the changes as people say them. */
const statusWords: Readonly<Record<DeviceStatus, string>> = {
  up: 'up',
  down: 'down',
  paused: 'paused',
  blocked: 'blocked',
  restart_required: 'waiting for its machine to restart',
  unsupported: 'not supported',
  inactive: 'inactive',
  terminated: 'terminated',
};
const changeWords: Readonly<Record<TransitionReason, string>> = {
  heartbeat_lost: 'go down because it is silent',
  heartbeat_returned: 'come back by a heartbeat',
  silent_for_five_days: 'become inactive',
  stop_unconfirmed: 'go down because its node may still run',
  ray_test_passed: 'come up by a test of Ray',
  key_in_use_twice: 'be blocked',
  proof_fraud: 'be blocked for a forged proof',
  paused_by_supplier: 'be paused',
  resumed_by_supplier: 'be resumed',
  terminated_by_supplier: 'be terminated',
};

/** Why a device changes, who caused it, what shows it. */
export interface Cause<Reason extends DeviceReason = DeviceReason> {
  readonly reason: Reason;
  /** `key_...`, `dev_...`, `clu_...` or `platform`. */
  readonly actor: string;
  readonly evidence: Evidence;
}

/** Where the reason leads from this status, or undefined where it leads nowhere. */
export const statusAfter = (
  status: DeviceStatus,
  reason: TransitionReason,
): DeviceStatus | undefined => table[reason][status];

/**
 * The status and reason after a change. Throws `device.hired` for the end of a hired device and
 * `device.wrong_status` for a pair that is not in the table.
 */
export const transition = (
  device: Device,
  reason: TransitionReason,
): Pick<Device, 'status' | 'statusReason'> => {
  if (reason === 'terminated_by_supplier' && device.hiredBy !== null) {
    throw new AppError('device.hired');
  }
  const status = statusAfter(device.status, reason);
  if (status === undefined) {
    throw new AppError('device.wrong_status', {
      message: `A device that is ${statusWords[device.status]} cannot ${changeWords[reason]}.`,
    });
  }
  return { status, statusReason: reason };
};

/** The event of a change: `after` is the device as the change leaves it. */
export const eventOf = (
  kind: DeviceEvent['kind'],
  change: { readonly from: DeviceStatus | null; readonly after: Device },
  cause: Cause,
  nowMs: number,
): DeviceEvent => ({
  deviceId: change.after.id,
  version: change.after.version,
  kind,
  from: change.from,
  to: change.after.status,
  ...cause,
  atMs: nowMs,
});

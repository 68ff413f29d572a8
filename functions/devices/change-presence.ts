/**
 * Changes of presence beyond the plain heartbeat: loads the device and its presence, lets a rule decide,
 * and writes both in one transaction; when somebody else came first, it looks again.
 */
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice, transitionDevice } from '../../shared/devices/device-store.ts';
import { statusAfter } from '../../shared/devices/lifecycle.ts';
import type { Presence } from '../../shared/devices/presence.ts';
import { getPresence, putPresence } from '../../shared/devices/presence-store.ts';
import { verifyAnew } from '../../shared/devices/proved.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

const attemptsMax = 5;

/** What a rule makes of a presence. */
export interface PresenceDecision {
  readonly after: Presence;
  /** Writes that belong to it. */
  readonly alongside?: readonly Write[];
  /** Two machines speak with this device's key: it is blocked, and the sender is refused. */
  readonly keyInUseTwice?: boolean;
  /** Told to the sender once the change is written. */
  readonly refusal?: AppError;
}

type Decide = (presence: Presence | undefined) => Promise<PresenceDecision> | PresenceDecision;

/**
 * The device was heard, in a way that `decide` judges; a device that was down because it was silent comes
 * up. Throws `device.key_retired` for a device that is gone, `device.blocked`, and
 * `device.key_in_use_twice` at the message that shows it.
 */
export const changePresence = async (
  needs: CommitRuntime,
  deviceId: string,
  nowMs: number,
  decide: Decide,
): Promise<void> => {
  const change = async (): Promise<PresenceDecision> => {
    const [device, before] = await Promise.all([
      getDevice(needs.database, deviceId),
      getPresence(needs.database, deviceId),
    ]);
    if (!device || device.status === 'terminated') throw new AppError('device.key_retired');
    if (device.status === 'blocked') throw new AppError('device.blocked');
    const decision = await decide(before);
    await commit(needs, [
      putPresence(deviceId, before, decision.after),
      ...(decision.alongside ?? []),
      ...statusWrites(device, before, decision, nowMs),
    ]);
    return decision;
  };
  const decided = await retryRefused(needs, change, attemptsMax);
  if (decided.keyInUseTwice) throw new AppError('device.key_in_use_twice');
  if (decided.refusal) throw decided.refusal;
};

const statusWrites = (
  device: Device,
  before: Presence | undefined,
  decision: PresenceDecision,
  nowMs: number,
): readonly Write[] => {
  if (decision.keyInUseTwice) {
    const evidence = { messages_of_replaced_connections: decision.after.strays.count };
    const cause = { reason: 'key_in_use_twice', actor: 'platform', evidence } as const;
    return transitionDevice(device, cause, nowMs).writes;
  }
  const wasSilent = before !== undefined && before.declared !== null;
  const returns = wasSilent && decision.after.declared === null;
  if (!returns || statusAfter(device.status, 'heartbeat_returned') === undefined) return [];
  const evidence = { silent_for_ms: nowMs - before.lastSeenMs };
  const cause = { reason: 'heartbeat_returned', actor: device.id, evidence } as const;
  return transitionDevice(device, cause, nowMs, anew(device, nowMs)).writes;
};

/** A device that was away for days shows anew what it can: the machine may not be the same. */
const anew = (device: Device, nowMs: number): Partial<Device> =>
  device.status === 'inactive' ? verifyAnew(device, nowMs) : {};

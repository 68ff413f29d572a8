/**
 * A heartbeat, from the socket or as a signed request: in an unbroken run it is one conditional update
 * and no read. Only what that condition refuses is looked at: a gap, a return, another connection.
 */
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import {
  connected,
  decideStray,
  firstPresence,
  heard,
  type Presence,
} from '../../shared/devices/presence.ts';
import { getConnectionDevice, heartbeatWrite } from '../../shared/devices/presence-store.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { changePresence, type PresenceDecision } from './change-presence.ts';

/** Who sent it. */
export interface HeartbeatSender {
  readonly deviceId: string;
  /** Null for a signed request; a socket's connection is checked to belong to the device. */
  readonly connectionId: string | null;
}

/** Records it. Throws `device.connection_replaced` and what `changePresence` throws. */
export const recordHeartbeat = async (
  needs: CommitRuntime,
  sender: HeartbeatSender,
  nowMs: number,
): Promise<void> => {
  try {
    await needs.database.write(heartbeatWrite(sender.deviceId, sender.connectionId, nowMs));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    await changePresence(needs, sender.deviceId, nowMs, (presence) =>
      decideHeartbeat(needs, sender, presence, nowMs),
    );
  }
};

const decideHeartbeat = async (
  needs: CommitRuntime,
  { deviceId, connectionId }: HeartbeatSender,
  presence: Presence | undefined,
  nowMs: number,
): Promise<PresenceDecision> => {
  if (connectionId === null || connectionId === presence?.connectionId) {
    return { after: presence ? heard(presence, nowMs) : firstPresence(connectionId, nowMs) };
  }
  // The message names a device; only what was remembered at $connect says whose connection it is.
  const owner = await getConnectionDevice(needs.database, connectionId);
  const replaced = new AppError('device.connection_replaced');
  if (owner !== deviceId) throw replaced;
  if (!presence) return { after: firstPresence(connectionId, nowMs) };
  if (presence.connectionId === null) return { after: connected(presence, connectionId, nowMs) };
  const { outcome, presence: after } = decideStray(presence, connectionId, nowMs);
  if (outcome === 'ignored') throw replaced;
  if (outcome === 'taken_over') return { after };
  return outcome === 'in_use_twice' ? { after, keyInUseTwice: true } : { after, refusal: replaced };
};

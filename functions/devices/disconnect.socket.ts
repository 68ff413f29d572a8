/**
 * $disconnect: forgets the connection, so that nothing is pushed to it any more. API Gateway does not
 * promise to call it, and nothing depends on it: silence is noticed by the heartbeats that stay away.
 */
import { WriteRefused } from '../../shared/core/database.ts';
import {
  clearConnection,
  deleteConnection,
  getConnectionDevice,
} from '../../shared/devices/presence-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { SocketMessage } from '../kit/socket.ts';

export const disconnectDevice = async (
  needs: Pick<Runtime, 'database'>,
  { connectionId }: SocketMessage,
): Promise<void> => {
  const deviceId = await getConnectionDevice(needs.database, connectionId);
  if (deviceId === undefined) return;
  try {
    await needs.database.write(clearConnection(deviceId, connectionId));
  } catch (error) {
    // The device already speaks through another connection.
    if (!(error instanceof WriteRefused)) throw error;
  }
  await needs.database.write(deleteConnection(connectionId));
};

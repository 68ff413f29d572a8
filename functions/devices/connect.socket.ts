/**
 * $connect: a device opens its socket. The opening request is signed like any other (GET, path "/",
 * empty body); the new connection replaces the one before. A refusal keeps the socket closed.
 */
import { connected, firstPresence } from '../../shared/devices/presence.ts';
import { putConnection } from '../../shared/devices/presence-store.ts';
import { authenticateDevice } from '../kit/device-signature.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { SocketMessage } from '../kit/socket.ts';
import { changePresence } from './change-presence.ts';

export const connectDevice = async (
  needs: Runtime,
  { connectionId, headers, nowMs }: SocketMessage,
): Promise<void> => {
  const parts = { method: 'GET', authority: headers['host'] ?? '', path: '/', body: '' };
  const { deviceId } = await authenticateDevice(needs, { headers, parts }, 'refused');
  await changePresence(needs, deviceId, nowMs, (presence) => ({
    after: presence ? connected(presence, connectionId, nowMs) : firstPresence(connectionId, nowMs),
    alongside: [putConnection(connectionId, deviceId, nowMs)],
  }));
};

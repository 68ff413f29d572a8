/** Lambda `devices-socket`: opening and closing of the agents' sockets, and their heartbeats. */
import { connectDevice } from '../devices/connect.socket.ts';
import { disconnectDevice } from '../devices/disconnect.socket.ts';
import { receiveHeartbeat } from '../devices/receive-heartbeat.socket.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { socketFunction } from '../kit/socket.ts';

export const handler = socketFunction(createRuntime(environment()), {
  $connect: connectDevice,
  $disconnect: disconnectDevice,
  heartbeat: receiveHeartbeat,
});

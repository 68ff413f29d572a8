/** Route `heartbeat` of the socket: one write and no read in the good case; it is not acknowledged. */
import { socketHeartbeatSchema } from '../../shared/clusters/agent-protocol.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { SocketMessage } from '../kit/socket.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { recordHeartbeat } from './record-heartbeat.ts';

export const receiveHeartbeat = async (
  needs: CommitRuntime,
  { connectionId, body, nowMs }: SocketMessage,
): Promise<void> => {
  const message = socketHeartbeatSchema.safeParse(body);
  if (!message.success) throw new AppError('request.malformed', { cause: message.error });
  await recordHeartbeat(needs, { deviceId: message.data.device_id, connectionId }, nowMs);
};

/**
 * Socket route `report`: the head's view of Ray. The connection proves who speaks: it must be the current
 * one of the device that the message names.
 */
import { socketReportSchema } from '../../shared/clusters/agent-protocol.ts';
import { AppError } from '../../shared/core/errors.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import type { SocketMessage } from '../kit/socket.ts';
import { applyReport, type ReportRuntime } from './apply-report.ts';

export const receiveSocketReport = async (
  needs: ReportRuntime,
  message: SocketMessage,
): Promise<void> => {
  const parsed = socketReportSchema.safeParse(message.body);
  if (!parsed.success) throw new AppError('request.malformed');
  const { device_id, report } = parsed.data;
  const presence = await getPresence(needs.database, device_id);
  if (presence?.connectionId !== message.connectionId) {
    throw new AppError('device.connection_replaced');
  }
  await applyReport(needs, device_id, report, message.nowMs);
};

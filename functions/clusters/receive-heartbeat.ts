/** POST /v1/agent/heartbeat: a device whose socket is down is seen, and gets its commands. */
import { listCommands as waitingCommands } from '../../shared/clusters/command-store.ts';
import { isoOf } from '../../shared/core/time.ts';
import { recordHeartbeat } from '../devices/record-heartbeat.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const receiveHeartbeat = async (
  needs: Runtime,
  call: Call<'device', unknown, unknown, unknown>,
) => {
  const { deviceId } = call.caller;
  await recordHeartbeat(needs, { deviceId, connectionId: null }, call.nowMs);
  const commands = await waitingCommands(needs.database, deviceId);
  return { commands: [...commands], server_time: isoOf(call.nowMs) };
};

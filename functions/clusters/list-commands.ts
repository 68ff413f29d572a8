/** GET /v1/agent/commands: what the platform waits for this device to do. */
import { listCommands as waitingCommands } from '../../shared/clusters/command-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listCommands = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'device', unknown, unknown, unknown>,
) => ({ commands: [...(await waitingCommands(needs.database, call.caller.deviceId))] });

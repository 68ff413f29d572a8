/** `run`: the daemon, until SIGINT or SIGTERM. Nodes go on without it, up to their paid time. */
import { present } from '../../shared/core/assert.ts';
import { runDaemon } from '../daemon/daemon.ts';
import { createNodeDriver } from '../ray/node-driver.ts';
import type { AgentRuntime } from '../runtime.ts';
import { readDeviceKey } from '../state/device-key.ts';
import { requireDeviceState, saveDaemon } from '../state/device-state.ts';
import { identityOf } from '../state/process-identity.ts';

/**
 * Runs until `signal` aborts; `proverThreads` are those of a prover, all cores unless given. Throws
 * AgentError when the state or the address cannot be used.
 */
export const runAgent = async (
  runtime: AgentRuntime,
  signal: AbortSignal,
  { proverThreads }: { readonly proverThreads?: number | undefined } = {},
): Promise<void> => {
  const device = requireDeviceState(runtime.stateFolder);
  const key = readDeviceKey(runtime.stateFolder);
  const driver = createNodeDriver(runtime);
  const onListening = () => {
    const self = present(identityOf(process.pid), 'no identity of this very process');
    saveDaemon(runtime.stateFolder, self);
  };
  await runDaemon(runtime, { device, key, driver, onListening, proverThreads }, signal);
};

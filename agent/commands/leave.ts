/**
 * `leave`: ends the daemon and every node that this agent started, tells the platform so, and then
 * forgets the device's key. It works without a valid `agent.json`: nodes have folders of their own.
 */
import { nodeReport } from '../daemon/node-manager.ts';
import { createApiClient } from '../platform/api-client.ts';
import { createReporter } from '../platform/reporter.ts';
import { AgentError } from '../problem.ts';
import { proverFolder } from '../proofs/provers.ts';
import { createNodeDriver } from '../ray/node-driver.ts';
import type { AgentRuntime } from '../runtime.ts';
import { forgetDeviceKey, keyMode, readDeviceKey } from '../state/device-key.ts';
import {
  type DeviceState,
  forgetDevice,
  getDaemon,
  getDeviceState,
} from '../state/device-state.ts';
import { type NodeView, nodesFolder } from '../state/node-folder.ts';
import { isRunning, signalProcess } from '../state/process-identity.ts';
import { forgetProofs } from '../state/proof-log.ts';
import { removeFolder } from '../state/remove-folder.ts';

const daemonWaitMs = 15_000;
const pollMs = 100;
const reportWaitMs = 5_000;

const endDaemon = async (runtime: AgentRuntime): Promise<void> => {
  const daemon = getDaemon(runtime.stateFolder);
  if (!daemon || !signalProcess(daemon, 'SIGTERM')) return;
  for (let waited = 0; waited < daemonWaitMs; waited += pollMs) {
    if (!isRunning(daemon)) return;
    await runtime.wait(pollMs);
  }
  throw new AgentError({
    what: `The daemon (process ${daemon.pid}) does not end.`,
    why: `It was asked with SIGTERM ${daemonWaitMs / 1_000} s ago.`,
    next: `End it with "kill -9 ${daemon.pid}" and leave again. Nothing was forgotten yet.`,
  });
};

/** Best effort: the platform notices the end of nodes by itself, only later. */
const tellEnds = async (
  runtime: AgentRuntime,
  device: DeviceState,
  views: readonly NodeView[],
): Promise<void> => {
  const api = createApiClient(runtime, {
    apiUrl: device.api_url,
    privateKeyPem: readDeviceKey(runtime.stateFolder).privateKeyPem,
    keyid: device.device.device_id,
  });
  const giveUp = AbortSignal.timeout(reportWaitMs);
  const reporter = createReporter(runtime, api, giveUp);
  const detail = "The device's owner made it leave.";
  await Promise.all(
    views.map((view) =>
      view.record.kind === 'valid' && view.record.value.purpose === 'cluster'
        ? reporter.send(
            nodeReport(view.record.value, view.process?.first_port, {
              state: 'exited',
              reason_code: 'draining',
              detail,
            }),
          )
        : undefined,
    ),
  );
};

/** The device that the state names, or undefined when its file is absent or corrupted. */
const knownDevice = (stateFolder: string): DeviceState | undefined => {
  try {
    return getDeviceState(stateFolder);
  } catch {
    return undefined;
  }
};

/** Ends and forgets everything of this agent; answers the number of nodes that it stopped. */
export const leaveNetwork = async (
  runtime: AgentRuntime,
): Promise<{ deviceId: string | undefined; nodesStopped: number }> => {
  await endDaemon(runtime);
  const driver = createNodeDriver(runtime);
  const views = driver.list();
  await Promise.all(views.map((view) => driver.stop(view.nodeId)));
  const device = knownDevice(runtime.stateFolder);
  if (device && keyMode(runtime.stateFolder) !== undefined) await tellEnds(runtime, device, views);
  const reason = removeFolder(nodesFolder(runtime.stateFolder));
  if (reason) runtime.log.error('nodes_not_forgotten', { reason });
  removeFolder(proverFolder(runtime.stateFolder));
  forgetProofs(runtime.stateFolder);
  forgetDevice(runtime.stateFolder);
  forgetDeviceKey(runtime.stateFolder);
  return { deviceId: device?.device.device_id, nodesStopped: views.length };
};

/**
 * The daemon: composes node manager, command handler, heartbeats and socket, and runs them until it
 * is told to end. Ending it ends no node: they belong to paid clusters and wait for the next agent.
 */
import { commandsAnswerSchema } from '../../shared/clusters/agent-protocol.ts';
import { inBackground } from '../background.ts';
import { inspectRay, interpreterOf } from '../hardware/ray-installation.ts';
import { type ApiClient, createApiClient } from '../platform/api-client.ts';
import { openConnection } from '../platform/connection.ts';
import { createReporter } from '../platform/reporter.ts';
import { runSocketLink, type SocketLink } from '../platform/socket-link.ts';
import { createTransport } from '../platform/transport.ts';
import { messageOf } from '../problem.ts';
import { type ProofService, runProofService } from '../proofs/proof-service.ts';
import { createProvers } from '../proofs/provers.ts';
import type { NodeDriver } from '../ray/node-driver.ts';
import type { AgentRuntime } from '../runtime.ts';
import type { DeviceKey } from '../state/device-key.ts';
import { type DeviceState, openAnsweredCommands } from '../state/device-state.ts';
import { type CommandHandler, createCommandHandler } from './command-handler.ts';
import { findHardware, reportHardware } from './hardware-report.ts';
import { type Heartbeats, runHeartbeats } from './heartbeats.ts';
import { createNodeManager } from './node-manager.ts';
import { listenForPeers } from './peers.ts';
import { createRayChannel } from './ray-channel.ts';

export interface DaemonOptions {
  readonly device: DeviceState;
  readonly key: DeviceKey;
  readonly driver: NodeDriver;
  /** Threads of a prover's part on the CPU; all cores unless given. */
  readonly proverThreads?: number | undefined;
  /** This daemon is the only one of its state folder: it listens on the device's port. */
  readonly onListening: () => void;
}

const installedRay = async (runtime: AgentRuntime, device: DeviceState) => {
  const found = await inspectRay(device.ray_executable, runtime.path);
  if (!('problem' in found)) return found;
  runtime.log.error('ray_unusable', {
    reason: found.problem,
    next: 'Starts are refused until Ray works; "raymesh-agent doctor" tells more.',
  });
  return undefined;
};

const fetchCommands = async (runtime: AgentRuntime, api: ApiClient, handle: CommandHandler) => {
  try {
    const answer = commandsAnswerSchema;
    const { commands } = await api.send({ method: 'GET', path: '/v1/agent/commands', answer });
    handle(commands);
  } catch (thrown) {
    runtime.log.warn('commands_not_fetched', { reason: messageOf(thrown) });
  }
};

/** Runs until `signal` aborts. Throws AgentError when the registered address cannot be listened on. */
export const runDaemon = async (
  runtime: AgentRuntime,
  options: DaemonOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { device, key, driver } = options;
  const { device_id, public_id, socket_url } = device.device;
  const peers = await listenForPeers({
    public_id,
    address: device.address,
    port: device.agent_port,
  });
  options.onListening();
  runtime.log.info('agent_started', { device_id });
  const identity = {
    apiUrl: device.api_url,
    privateKeyPem: key.privateKeyPem,
    keyid: device_id,
  };
  const api = createApiClient(runtime, identity);
  const reporter = createReporter(runtime, api, signal);
  // They begin below: a node that is adopted first may already want to report or to wake them.
  let socket: SocketLink | undefined;
  let heartbeats: Heartbeats | undefined;
  let proofs: ProofService | undefined;

  const sendRay = createRayChannel(device_id, () => socket, reporter);
  const manager = createNodeManager(
    runtime,
    {
      driver,
      reporter,
      sendRay,
      onChange: () => {
        heartbeats?.wake();
        proofs?.hireChanged();
      },
    },
    signal,
  );
  await manager.adopt();
  const isHired = () => manager.count() > 0;
  const proving = runProofService(
    runtime,
    {
      api,
      speedApi: createApiClient(runtime, identity, createTransport(1)),
      key,
      provers: createProvers(runtime, {
        python: interpreterOf(device.ray_executable),
        threads: options.proverThreads,
      }),
      hasNode: isHired,
    },
    signal,
  );
  proofs = proving;
  const handle = createCommandHandler(runtime, {
    device,
    driver,
    manager,
    reporter,
    answered: openAnsweredCommands(runtime.stateFolder),
    proofs: proving,
    ray: await installedRay(runtime, device),
  });
  const { link, ended } = runSocketLink(
    runtime,
    {
      open: () =>
        openConnection(
          runtime,
          { url: socket_url, headers: api.socketHeaders(socket_url) },
          handle,
        ),
      onOpen: () => {
        heartbeats?.wake();
        inBackground(runtime.log, 'fetch_commands', fetchCommands(runtime, api, handle));
      },
      onClosed: () => heartbeats?.wake(),
      onRefused: async () => {
        await heartbeats?.post();
      },
    },
    signal,
  );
  socket = link;
  heartbeats = runHeartbeats(
    runtime,
    { api, link, deviceId: device_id, isHired, onCommands: handle },
    signal,
  );
  const hardware = await findHardware(runtime);
  const told = hardware ? reportHardware(runtime, api, hardware, signal) : undefined;
  await Promise.all([ended, heartbeats.ended, proving.ended, told]);
  peers.close();
  runtime.log.info('agent_ended', { device_id, count: manager.count() });
};

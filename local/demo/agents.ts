/**
 * Supplier agents for the demo and the journeys: real agent processes, each with a state folder of its
 * own. Ending one ends its Ray nodes too; what a killed run left behind is ended by the next one.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type * as z from 'zod';
import { listOf } from '../../shared/core/wire.ts';
import {
  createdJoinTokenSchema,
  deviceSchema,
  readinessSchema,
  siteSchema,
} from '../../shared/devices/schemas.ts';
import { paths } from '../paths.ts';
import type { Platform } from '../platform.ts';
import { atEnd, type Supervised, supervise } from '../supervisor.ts';
import { UserError } from '../user-error.ts';
import { type CommandOutput, commandEnvironment, node, runCommand } from './command.ts';
import type { Tenant } from './organisations.ts';
import { waitFor } from './wait.ts';

const entry = join(paths.root, 'agent/main.ts');
const ownRay = join(paths.root, '.venv/bin/ray');

/** Runs one agent command to its end, however it ends. */
export const runAgentCommand = (
  argumentsOfAgent: readonly string[],
  input = '',
): Promise<CommandOutput> => runCommand('agent/main.ts', argumentsOfAgent, input);

/** The same, but a UserError with what it printed when it fails. */
const requireCommand = async (
  argumentsOfAgent: readonly string[],
  input?: string,
): Promise<string> => {
  const { code, out, error } = await runAgentCommand(argumentsOfAgent, input);
  if (code === 0) return out;
  throw new UserError(`raymesh-agent ${argumentsOfAgent[0]} failed: ${error.trim() || out.trim()}`);
};

export interface Agent {
  readonly name: string;
  readonly deviceId: string;
  readonly stateFolder: string;
  readonly logFile: string;
  /** The running daemon. */
  readonly process: Supervised;
  /** Starts the daemon again after it was ended. */
  restart(): Promise<Agent>;
  /** Ends the daemon and every node that it started. Can be called again. */
  leave(): Promise<void>;
}

type Device = z.output<typeof deviceSchema>;
export type Site = z.output<typeof siteSchema>;

/** A site of the supplier. */
export const makeSite = (supplier: Tenant, region = 'local'): Promise<Site> =>
  supplier.api.post('/v1/sites', { name: 'Workshop', region }, siteSchema);

/** What an agent needs to join. */
export interface AgentPlace {
  readonly apiUrl: string;
  readonly supplier: Tenant;
  readonly site: Site;
  /** Unique among the supplier's devices. */
  readonly name: string;
  /** Where agents keep their state folders. */
  readonly folder: string;
  /** From where Ray's blocks of ports are taken, as "first-last"; the agent's default unless given. */
  readonly ports?: string;
  /** Another executable `ray`. */
  readonly ray?: string;
}

/** A device that has joined and whose daemon does not run yet. */
export type JoinedAgent = Pick<Agent, 'name' | 'deviceId' | 'stateFolder'>;

/** Joins a new agent to the site and starts its daemon. */
export const startAgent = async (place: AgentPlace): Promise<Agent> =>
  runDaemon(await joinAgent(place));

/** Joins a new agent to the site. */
export const joinAgent = async (place: AgentPlace): Promise<JoinedAgent> => {
  const { apiUrl, supplier, site, name, folder, ports, ray = ownRay } = place;
  const stateFolder = join(folder, name);
  rmSync(stateFolder, { recursive: true, force: true });
  const token = await supplier.api.post(
    '/v1/join-tokens',
    { site_id: site.id, name },
    createdJoinTokenSchema,
  );
  const state = ['--state', stateFolder];
  atEnd(`agent ${stateFolder}`, () => leave(stateFolder));
  const range = ports === undefined ? [] : ['--ports', ports];
  await requireCommand(
    ['join', '--api', apiUrl, '--name', name, '--ray', ray, ...range, ...state],
    token.token ?? '',
  );
  const devices = await supplier.api.get('/v1/devices?limit=100', listOf(deviceSchema));
  const device = devices.data.find((each) => each.name === name);
  if (!device) throw new UserError(`${name} joined, but the platform does not list it.`);
  return { name, deviceId: device.id, stateFolder };
};

/** Starts the daemon of a device that has joined. */
export const runDaemon = async (known: JoinedAgent): Promise<Agent> => {
  const group = basename(dirname(known.stateFolder));
  const logFile = join(paths.logs, `${group}-${known.name}.log`);
  const daemon = await supervise({
    command: node,
    // Several agents share this machine's cores, which the network would not believe of real ones.
    arguments: [
      ...[entry, 'run', '--test-clock', '--prover-threads', '1'],
      ...['--state', known.stateFolder],
    ],
    environment: commandEnvironment(),
    logFile,
  });
  return {
    ...known,
    logFile,
    process: daemon,
    restart: () => runDaemon(known),
    leave: async () => {
      await leave(known.stateFolder);
      await daemon.stop();
    },
  };
};

/**
 * Waits until the devices can be hired again after the clocks have jumped: by them they were silent all the time,
 * and their tests are old.
 */
export const untilAllReady = async (
  platform: Platform,
  supplier: Tenant,
  agents: readonly Agent[],
): Promise<void> => {
  for (const agent of agents) {
    await waitFor(
      `${agent.name} to be heard again`,
      async () => {
        const path = `/v1/devices/${agent.deviceId}/readiness`;
        const { checklist } = await supplier.api.get(path, readinessSchema);
        return checklist.find(({ check, passed }) => check === 'agent_connected' && passed);
      },
      { seconds: 60 },
    );
  }
  await platform.invoke('devices-schedules', { task: 'retest-devices' });
  await Promise.all(agents.map((agent) => untilReady(supplier, agent)));
};

const leave = async (stateFolder: string): Promise<void> => {
  await requireCommand(['leave', '--state', stateFolder]);
};

/** Ends what agents of an earlier run left behind in this folder, if that run was killed. */
export const endLeftovers = async (folder: string): Promise<void> => {
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  await Promise.all(names.map((name) => leave(join(folder, name))));
  rmSync(folder, { recursive: true, force: true });
};

/** Names how far the machine's clock was moved, milliseconds. */
export const clockFile = (agent: JoinedAgent): string => join(agent.stateFolder, 'clock-offset-ms');

/** Moves the clock of the agent's machine: its timers, and the paid time of its nodes, follow it. */
export const moveAgentClock = (agent: JoinedAgent, milliseconds: number): void =>
  writeFileSync(clockFile(agent), String(milliseconds));

/** Waits until the device can be hired. */
export const untilReady = (supplier: Tenant, agent: Agent): Promise<Device> =>
  waitFor(
    `${agent.name} to become ready`,
    async () => {
      const device = await supplier.api.get(`/v1/devices/${agent.deviceId}`, deviceSchema);
      return device.readiness === 'cluster_ready' ? device : undefined;
    },
    { seconds: 300 },
  );

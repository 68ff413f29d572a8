/**
 * The main files of the state: who this device is (`agent.json`, written by `join`), which process
 * is the daemon (`daemon.json`), and which commands it has answered (`commands.json`). Nodes have
 * folders of their own, so that a broken main file loses none of them.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { registerAnswerSchema } from '../../shared/devices/agent-schemas.ts';
import { AgentError } from '../problem.ts';
import { readJsonFile, validValue, writeJsonFile } from './json-file.ts';
import { type ProcessIdentity, processIdentitySchema } from './process-identity.ts';

const deviceStateSchema = z.strictObject({
  version: z.literal(1),
  /** The platform's base address, without the final slash. */
  api_url: z.url(),
  name: z.string(),
  address: z.ipv4(),
  agent_port: z.int().min(1).max(65_535),
  /** Blocks of ports for Ray nodes are taken from this range. */
  ports: z.strictObject({ first: z.int(), last: z.int() }),
  ray_executable: z.string(),
  device: registerAnswerSchema,
});

/** What `join` stored. */
export type DeviceState = z.infer<typeof deviceStateSchema>;

export const deviceStatePath = (stateFolder: string): string => join(stateFolder, 'agent.json');

/** The stored device; undefined before `join`. Throws AgentError (exit code 3) on a corrupted file. */
export const getDeviceState = (stateFolder: string): DeviceState | undefined => {
  const path = deviceStatePath(stateFolder);
  const content = readJsonFile(path, deviceStateSchema);
  if (content.kind !== 'corrupted') return validValue(content);
  throw new AgentError({
    what: `The agent's state file ${path} is corrupted.`,
    why: content.reason,
    next:
      'Nothing was touched; running nodes end at their paid time by themselves. Restore the file ' +
      'from a backup, or stop the nodes with "raymesh-agent leave" and join again.',
    exitCode: 3,
  });
};

/** The stored device. Throws AgentError when this machine has not joined. */
export const requireDeviceState = (stateFolder: string): DeviceState => {
  const state = getDeviceState(stateFolder);
  if (state) return state;
  throw new AgentError({
    what: 'This machine is no device yet.',
    why: `There is no ${deviceStatePath(stateFolder)}.`,
    next: 'Run "raymesh-agent join --api <url> --name <name>" with a join token on standard input.',
  });
};

export const saveDeviceState = (stateFolder: string, state: DeviceState): void =>
  writeJsonFile(deviceStatePath(stateFolder), deviceStateSchema.parse(state));

/** What a join registers; it stands on disk from before the request until its answer is stored. */
const joinPlanSchema = deviceStateSchema.pick({
  version: true,
  api_url: true,
  name: true,
  address: true,
  agent_port: true,
});

export type JoinPlan = z.infer<typeof joinPlanSchema>;

const joinPlanPath = (stateFolder: string): string => join(stateFolder, 'join.json');

/** The join that was begun and not finished; a corrupted file counts as none. */
export const getJoinPlan = (stateFolder: string): JoinPlan | undefined =>
  validValue(readJsonFile(joinPlanPath(stateFolder), joinPlanSchema));

export const saveJoinPlan = (stateFolder: string, plan: JoinPlan): void =>
  writeJsonFile(joinPlanPath(stateFolder), plan);

export const forgetJoinPlan = (stateFolder: string): void =>
  rmSync(joinPlanPath(stateFolder), { force: true });

const daemonPath = (stateFolder: string): string => join(stateFolder, 'daemon.json');

export const saveDaemon = (stateFolder: string, identity: ProcessIdentity): void =>
  writeJsonFile(daemonPath(stateFolder), identity);

/** The daemon's process as last stored; it may have ended. */
export const getDaemon = (stateFolder: string): ProcessIdentity | undefined =>
  validValue(readJsonFile(daemonPath(stateFolder), processIdentitySchema));

/** Forgets device and daemon; the key and the nodes' folders have functions of their own. */
export const forgetDevice = (stateFolder: string): void => {
  for (const path of [deviceStatePath(stateFolder), daemonPath(stateFolder)]) {
    rmSync(path, { force: true });
  }
  rmSync(join(stateFolder, 'commands.json'), { force: true });
  forgetJoinPlan(stateFolder);
};

/** Answered commands that are remembered; a repeated older one is harmless, nodes are idempotent. */
export const commandsRememberedMax = 1000;

const commandsSchema = z.strictObject({
  version: z.literal(1),
  answered: z.array(idSchema('cmd')).max(commandsRememberedMax),
});

/** Which commands were answered, also across restarts. */
export interface AnsweredCommands {
  has(commandId: string): boolean;
  add(commandId: z.infer<typeof commandsSchema>['answered'][number]): void;
}

/** Opens the memory of answered commands; a corrupted file counts as empty. */
export const openAnsweredCommands = (stateFolder: string): AnsweredCommands => {
  const path = join(stateFolder, 'commands.json');
  const known = new Set(validValue(readJsonFile(path, commandsSchema))?.answered ?? []);
  return {
    has: (commandId) => (known as ReadonlySet<string>).has(commandId),
    add: (commandId) => {
      known.add(commandId);
      const answered = [...known].slice(-commandsRememberedMax);
      for (const old of [...known].slice(0, -commandsRememberedMax)) known.delete(old);
      writeJsonFile(path, { version: 1, answered });
    },
  };
};

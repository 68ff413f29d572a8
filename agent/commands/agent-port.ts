/**
 * The port on which an agent answers its peers: free now, and not promised to another agent of this
 * user that has joined but does not run yet. Claims lie in a folder that only this user can write, so
 * nobody else can plant one; agents of other users are seen when they listen.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { AgentError, messageOf } from '../problem.ts';
import { isPortFree } from '../ray/ports.ts';
import { type AgentRuntime, fraction } from '../runtime.ts';
import { getDeviceState, getJoinPlan } from '../state/device-state.ts';
import { readJsonFile, validValue, writeJsonFile } from '../state/json-file.ts';

const portFirst = 17_000;
const portCount = 1_000;

const claimSchema = z.strictObject({ state_folder: z.string() });

/** Where this user's claims lie. */
export const claimsFolder = (): string => join(tmpdir(), `raymesh-ports-${userInfo().uid}`);

/** Makes the folder when it is missing. Throws AgentError unless it is this user's own and private. */
const openClaims = (folder: string): void => {
  let problem: string | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o077) !== 0) {
      problem = 'It is not a folder that belongs to this user alone.';
    }
  } catch (thrown) {
    problem = messageOf(thrown);
  }
  if (problem === undefined) return;
  throw new AgentError({
    what: `The folder ${folder}, where agents of one user share out their ports, cannot be used.`,
    why: problem,
    next: 'Remove it, or name a port of your own with --agent-port.',
  });
};

/** A claim is void when its state folder holds neither a device nor a begun join with that port. */
const isClaimed = (folder: string, port: number, stateFolder: string): boolean => {
  const claim = validValue(readJsonFile(join(folder, `agent-${port}.json`), claimSchema));
  if (!claim || claim.state_folder === stateFolder) return false;
  try {
    const holder = getDeviceState(claim.state_folder) ?? getJoinPlan(claim.state_folder);
    return holder?.agent_port === port;
  } catch {
    return true;
  }
};

/** A port that is free on `address`, claimed. Throws AgentError. */
export const chooseAgentPort = async (
  runtime: AgentRuntime,
  address: string,
  folder: string,
): Promise<number> => {
  openClaims(folder);
  const start = Math.floor(fraction(runtime.randomness) * portCount);
  for (let step = 0; step < portCount; step += 1) {
    const port = portFirst + ((start + step) % portCount);
    if (isClaimed(folder, port, runtime.stateFolder)) continue;
    if (!(await isPortFree(address, port))) continue;
    writeJsonFile(join(folder, `agent-${port}.json`), { state_folder: runtime.stateFolder });
    return port;
  }
  throw new AgentError({
    what: 'No port is free for the agent.',
    why: `All of ${portFirst} to ${portFirst + portCount - 1} are taken.`,
    next: 'Free one of them, or name another with --agent-port.',
  });
};

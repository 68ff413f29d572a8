/**
 * `join`: makes a key on this machine, tells the platform what the machine has, and redeems the join
 * token. With the same key the same token answers the same device, so a lost answer is no loss.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { nameSchema } from '../../shared/core/wire.ts';
import { registerAnswerSchema } from '../../shared/devices/agent-schemas.ts';
import { type CommandLine, parsePort, parsePortRange, requireOption } from '../command-line.ts';
import { detectAddress, detectHardware, hasAddress } from '../hardware/detect.ts';
import { findRay } from '../hardware/ray-installation.ts';
import { createApiClient, PlatformRefusal, PlatformUnreachable } from '../platform/api-client.ts';
import { AgentError, messageOf } from '../problem.ts';
import { scratchRoot } from '../ray/node-driver.ts';
import { defaultPorts, isPortFree } from '../ray/ports.ts';
import { type AgentRuntime, agentVersion, fraction } from '../runtime.ts';
import { makeDeviceKey } from '../state/device-key.ts';
import { type DeviceState, getDeviceState, saveDeviceState } from '../state/device-state.ts';
import { readJsonFile, validValue, writeJsonFile } from '../state/json-file.ts';

/** Agents answer their peers on one of these ports. */
const agentPortFirst = 17_000;
const agentPortCount = 1_000;

const claimSchema = z.strictObject({ state_folder: z.string() });

/**
 * Claims are files of this machine's users: an agent that has joined but does not run yet keeps its
 * port. A claim is void when its state folder holds no device with that port.
 */
const isClaimed = (folder: string, port: number, stateFolder: string): boolean => {
  const claim = validValue(readJsonFile(join(folder, `agent-${port}.json`), claimSchema));
  if (!claim || claim.state_folder === stateFolder) return false;
  try {
    return getDeviceState(claim.state_folder)?.agent_port === port;
  } catch {
    return true;
  }
};

const chooseAgentPort = async (runtime: AgentRuntime, address: string): Promise<number> => {
  const folder = join(tmpdir(), 'raymesh-ports');
  mkdirSync(folder, { recursive: true });
  const start = Math.floor(fraction(runtime.randomness) * agentPortCount);
  for (let step = 0; step < agentPortCount; step += 1) {
    const port = agentPortFirst + ((start + step) % agentPortCount);
    if (isClaimed(folder, port, runtime.stateFolder)) continue;
    if (!(await isPortFree(address, port))) continue;
    writeJsonFile(join(folder, `agent-${port}.json`), { state_folder: runtime.stateFolder });
    return port;
  }
  throw new AgentError({
    what: 'No port is free for the agent.',
    why: `All of ${agentPortFirst} to ${agentPortFirst + agentPortCount - 1} are taken.`,
    next: 'Free one of them, or name another with --agent-port.',
  });
};

const chooseAddress = (given: string | undefined): string => {
  const address = given ?? detectAddress();
  const refuse = (why: string, next: string) =>
    new AgentError({
      what: `The address ${address} cannot be registered.`,
      why,
      next,
      exitCode: 2,
    });
  if (!z.ipv4().safeParse(address).success) {
    throw refuse('It is no IPv4 address.', "Give the machine's address in its network.");
  }
  if (!hasAddress(address)) {
    throw refuse('No interface of this machine has it.', `Use --address ${detectAddress()}.`);
  }
  if (address.startsWith('127.') && detectAddress() !== address) {
    const why = 'Ray rewrites loopback to the address of the host, and peers cannot dial it.';
    throw refuse(why, `Use --address ${detectAddress()}.`);
  }
  return address;
};

const parseName = (text: string): string => {
  const parsed = nameSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new AgentError({
    what: 'The name cannot be used.',
    why: parsed.error.issues[0]?.message ?? 'It is empty or too long.',
    next: 'Give a name of 1 to 64 printable characters.',
    exitCode: 2,
  });
};

const parseApiUrl = (text: string): string => {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
    return text.replace(/\/+$/, '');
  throw new AgentError({
    what: `${text} is no address of the platform.`,
    why: "It must begin with https:// (or http:// on one's own machine).",
    next: 'Copy the address from the platform\'s page or from the output of "npm start".',
    exitCode: 2,
  });
};

const readToken = async (line: CommandLine, readInput: () => Promise<string>): Promise<string> => {
  const file = line.options['token-file'];
  let token: string;
  try {
    token = (file ? readFileSync(file, 'utf8') : await readInput()).trim();
  } catch (thrown) {
    const next = 'Name a readable file, or pipe the token into the command.';
    throw new AgentError({ what: 'The join token cannot be read.', why: messageOf(thrown), next });
  }
  if (token.length >= 20 && token.length <= 100) return token;
  throw new AgentError({
    what: 'That is no join token.',
    why: `A token has 20 to 100 characters; ${token.length} were read.`,
    next: 'Make one with POST /v1/join-tokens and pipe it into the command.',
  });
};

const explain = (thrown: unknown): unknown => {
  if (thrown instanceof PlatformRefusal) {
    return new AgentError({
      what: `The platform refused the device (${thrown.code}).`,
      why: thrown.message,
      next: thrown.suggestion || 'Correct what it names and join again.',
    });
  }
  if (thrown instanceof PlatformUnreachable) {
    return new AgentError({
      what: 'The platform cannot be reached.',
      why: thrown.message,
      next: 'Check --api and the network, then join again with the same token.',
    });
  }
  return thrown;
};

const register = async (
  runtime: AgentRuntime,
  joinToken: string,
  planned: Omit<DeviceState, 'device' | 'version'>,
): Promise<DeviceState['device']> => {
  const hardware = await detectHardware(runtime.path, scratchRoot);
  const key = makeDeviceKey(runtime.stateFolder);
  const api = createApiClient(runtime, {
    apiUrl: planned.api_url,
    privateKeyPem: key.privateKeyPem,
    keyid: key.publicKey,
  });
  const body = {
    join_token: joinToken,
    public_key: key.publicKey,
    name: planned.name,
    agent_version: agentVersion,
    isolation: 'process',
    address: planned.address,
    agent_port: planned.agent_port,
    hardware,
  };
  try {
    const answer = registerAnswerSchema;
    return await api.send({ method: 'POST', path: '/v1/devices', body, answer });
  } catch (thrown) {
    throw explain(thrown);
  }
};

const requireRay = (given: string | undefined, path: string): string => {
  const found = findRay(given, path);
  if (found) return found;
  throw new AgentError({
    what: 'Ray was not found.',
    why: given ? `${given} is no executable file.` : 'No folder of PATH holds "ray".',
    next: 'Install it (pip install "ray[default]") and name it with --ray <path to ray>.',
  });
};

/** Joins and answers the new state. `readInput` reads standard input. Throws AgentError. */
export const joinNetwork = async (
  runtime: AgentRuntime,
  line: CommandLine,
  readInput: () => Promise<string>,
): Promise<DeviceState> => {
  const existing = getDeviceState(runtime.stateFolder);
  if (existing) {
    throw new AgentError({
      what: `This machine is already the device ${existing.device.device_id}.`,
      why: `Its state lies in ${runtime.stateFolder}.`,
      next: 'Use "raymesh-agent run", or "raymesh-agent leave" before joining again.',
    });
  }
  const { options } = line;
  const address = chooseAddress(options['address']);
  const planned = {
    api_url: parseApiUrl(requireOption(line, 'api')),
    name: parseName(requireOption(line, 'name')),
    address,
    ports: options['ports'] ? parsePortRange(options['ports']) : { ...defaultPorts },
    ray_executable: requireRay(options['ray'], runtime.path),
    agent_port: options['agent-port']
      ? parsePort(options['agent-port'])
      : await chooseAgentPort(runtime, address),
  };
  const device = await register(runtime, await readToken(line, readInput), planned);
  const state: DeviceState = { ...planned, version: 1, device };
  saveDeviceState(runtime.stateFolder, state);
  return state;
};

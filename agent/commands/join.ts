/**
 * `join`: makes a key on this machine, tells the platform what the machine has, and redeems the join
 * token. With the same key the same token answers the same device, so a lost answer is no loss.
 */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { nameSchema } from '../../shared/core/wire.ts';
import { registerAnswerSchema } from '../../shared/devices/agent-schemas.ts';
import { type CommandLine, parsePort, parsePortRange, requireOption } from '../command-line.ts';
import { detectAddress, detectHardware, hasAddress } from '../hardware/detect.ts';
import { findRay } from '../hardware/ray-installation.ts';
import { createApiClient, PlatformRefusal, PlatformUnreachable } from '../platform/api-client.ts';
import { AgentError, messageOf } from '../problem.ts';
import { defaultPorts } from '../ray/ports.ts';
import { type AgentRuntime, agentVersion } from '../runtime.ts';
import { makeDeviceKey } from '../state/device-key.ts';
import {
  type DeviceState,
  forgetJoinPlan,
  getDeviceState,
  getJoinPlan,
  type JoinPlan,
  saveDeviceState,
  saveJoinPlan,
} from '../state/device-state.ts';
import { chooseAgentPort, claimsFolder } from './agent-port.ts';
import { parseApiUrl } from './api-url.ts';

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

/**
 * What is registered, kept on disk until it is answered: a join that was cut off is repeated with the
 * same values, for the platform may have stored them.
 */
const planJoin = async (runtime: AgentRuntime, line: CommandLine): Promise<JoinPlan> => {
  const { options } = line;
  const wanted = {
    api_url: parseApiUrl(requireOption(line, 'api')),
    name: parseName(requireOption(line, 'name')),
  };
  const port = options['agent-port'] ? parsePort(options['agent-port']) : undefined;
  const begun = getJoinPlan(runtime.stateFolder);
  if (begun) {
    const same =
      begun.api_url === wanted.api_url &&
      begun.name === wanted.name &&
      (options['address'] ?? begun.address) === begun.address &&
      (port ?? begun.agent_port) === begun.agent_port;
    if (same) return begun;
    throw new AgentError({
      what: 'An earlier join with other values was cut off before its answer came.',
      why: `It was "${begun.name}" at ${begun.address}:${begun.agent_port} for ${begun.api_url}.`,
      next: 'Repeat it with those values, or "raymesh-agent leave" and join anew.',
      exitCode: 2,
    });
  }
  const address = chooseAddress(options['address']);
  const agent_port = port ?? (await chooseAgentPort(runtime, address, claimsFolder()));
  return { ...wanted, version: 1, address, agent_port };
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
  plan: JoinPlan,
): Promise<DeviceState['device']> => {
  const hardware = await detectHardware(runtime.path);
  const key = makeDeviceKey(runtime.stateFolder);
  const api = createApiClient(runtime, {
    apiUrl: plan.api_url,
    privateKeyPem: key.privateKeyPem,
    keyid: key.publicKey,
  });
  const body = {
    join_token: joinToken,
    public_key: key.publicKey,
    name: plan.name,
    agent_version: agentVersion,
    isolation: 'process',
    address: plan.address,
    agent_port: plan.agent_port,
    hardware,
  };
  saveJoinPlan(runtime.stateFolder, plan);
  try {
    const answer = registerAnswerSchema;
    return await api.send({ method: 'POST', path: '/v1/devices', body, answer });
  } catch (thrown) {
    // A platform that refuses for good has stored nothing: the next join may say something else.
    if (thrown instanceof PlatformRefusal && thrown.status < 500)
      forgetJoinPlan(runtime.stateFolder);
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
  const ports = options['ports'] ? parsePortRange(options['ports']) : { ...defaultPorts };
  const ray_executable = requireRay(options['ray'], runtime.path);
  const plan = await planJoin(runtime, line);
  const device = await register(runtime, await readToken(line, readInput), plan);
  const state: DeviceState = { ...plan, ports, ray_executable, device };
  saveDeviceState(runtime.stateFolder, state);
  forgetJoinPlan(runtime.stateFolder);
  return state;
};

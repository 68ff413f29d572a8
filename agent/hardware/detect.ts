/**
 * What this machine has, in the form in which it is reported. Only what the system itself states is
 * reported; on macOS (written for, untested) there is no NVIDIA GPU to find.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, networkInterfaces, platform } from 'node:os';
import { promisify } from 'node:util';
import type { Hardware } from '../../shared/devices/hardware.ts';
import { AgentError, codeOf, messageOf } from '../problem.ts';
import { describeCpu, memoryMib } from './cpu.ts';
import { freeMib, scratchRoot } from './free-space.ts';
import { type GpuFinding, gpuQuery, parseGpus } from './gpu.ts';

const run = promisify(execFile);

/** The output of a program, or undefined when there is no such program. Throws when it fails. */
export const outputOf = async (
  program: string,
  args: readonly string[],
  options: { readonly path: string; readonly timeoutMs: number },
): Promise<string | undefined> => {
  try {
    const { stdout } = await run(program, [...args], {
      timeout: options.timeoutMs,
      env: { PATH: options.path, LANG: 'C.UTF-8' },
    });
    return stdout;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
};

/** The GPUs, or why they cannot be listed. */
export const detectGpus = async (path: string): Promise<GpuFinding> => {
  try {
    const output = await outputOf('nvidia-smi', gpuQuery, { path, timeoutMs: 20_000 });
    return output === undefined ? { gpus: [], problem: null } : parseGpus(output);
  } catch (thrown) {
    return { gpus: [], problem: `nvidia-smi failed: ${messageOf(thrown).slice(0, 200)}` };
  }
};

const cpuinfo = (): string => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
};

/** The whole machine. Throws AgentError on a system that is not supported. */
export const detectHardware = async (path: string): Promise<Hardware> => {
  const system = platform();
  const processor = arch();
  if (
    (system !== 'linux' && system !== 'darwin') ||
    (processor !== 'x64' && processor !== 'arm64')
  ) {
    throw new AgentError({
      what: 'This machine is not supported.',
      why: `It runs ${system} on ${processor}.`,
      next: 'Use Linux or macOS on x64 or arm64.',
    });
  }
  return {
    os: system,
    arch: processor,
    cpu: describeCpu(cpuinfo()),
    memory_mib: memoryMib(),
    disk_free_mib: freeMib(scratchRoot) ?? 0,
    gpus: (await detectGpus(path)).gpus,
  };
};

const virtualInterface = /^(lo|docker|br-|veth|virbr|podman|cni|tun|tap|wg|utun)/;

/** The machine's address inside its network; loopback only when there is no other. */
export const detectAddress = (): string => {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (virtualInterface.test(name)) continue;
    const found = addresses?.find((address) => address.family === 'IPv4' && !address.internal);
    if (found) return found.address;
  }
  return '127.0.0.1';
};

/** Whether an interface of this machine has the address. */
export const hasAddress = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));

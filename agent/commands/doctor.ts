/**
 * `doctor`: looks at everything that a device needs. This file gathers what is there; what counts
 * as good is decided in doctor-checks.ts.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { memoryMib } from '../hardware/cpu.ts';
import { detectGpus } from '../hardware/detect.ts';
import { freeMib, scratchRoot, shmPath } from '../hardware/free-space.ts';
import { findRay, inspectRay, interpreterOf } from '../hardware/ray-installation.ts';
import { silentLog } from '../log.ts';
import { messageOf } from '../problem.ts';
import { createProvers } from '../proofs/provers.ts';
import { defaultPorts, takeFreeBlock } from '../ray/ports.ts';
import type { AgentRuntime } from '../runtime.ts';
import { keyMode } from '../state/device-key.ts';
import { type DeviceState, getDeviceState } from '../state/device-state.ts';
import { removeFolder } from '../state/remove-folder.ts';
import { type Check, judge, type MachineFacts, type ProverFinding } from './doctor-checks.ts';

const healthSchema = z.object({ server_time: z.iso.datetime() });
const timeoutMs = 10_000;

const openFilesMax = (): number => {
  const text = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return text === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(text);
};

const askPlatform = async (
  runtime: AgentRuntime,
  apiUrl: string,
): Promise<MachineFacts['platform']> => {
  try {
    const response = await fetch(`${apiUrl}/v1/health`, { signal: AbortSignal.timeout(timeoutMs) });
    const { server_time } = healthSchema.parse(await response.json());
    const skewMs = runtime.clock.nowMs() - Date.parse(server_time);
    return { kind: 'answered', skewSeconds: Math.round(skewMs / 1_000) };
  } catch (thrown) {
    const cause = thrown instanceof Error ? messageOf(thrown.cause ?? thrown) : String(thrown);
    return { kind: 'silent', reason: `${apiUrl}: ${cause.slice(0, 200)}` };
  }
};

const readState = (stateFolder: string): { state?: DeviceState; problem?: string } => {
  try {
    const state = getDeviceState(stateFolder);
    return state ? { state } : {};
  } catch (thrown) {
    return { problem: messageOf(thrown) };
  }
};

/** Lets the prover of each GPU, or of the CPU where there is none, test itself. */
const testProvers = async (
  runtime: AgentRuntime,
  executable: string | undefined,
  gpuCount: number,
): Promise<readonly ProverFinding[]> => {
  const python = executable === undefined ? undefined : interpreterOf(executable);
  const scratch = mkdtempSync(join(tmpdir(), 'raymesh-doctor-'));
  const provers = createProvers({ ...runtime, stateFolder: scratch, log: silentLog }, { python });
  const indexes = gpuCount === 0 ? [null] : Array.from({ length: gpuCount }, (_, index) => index);
  try {
    return await Promise.all(
      indexes.map(async (index): Promise<ProverFinding> => {
        const processor = index === null ? 'cpu' : `gpu ${index}`;
        try {
          return { processor, ...(await provers.of(index).selfTest()) };
        } catch (thrown) {
          return { processor, problem: messageOf(thrown).slice(0, 300) };
        }
      }),
    );
  } finally {
    provers.end();
    removeFolder(scratch);
  }
};

/** Looks at the machine; `given` are options of the command line. */
export const examineMachine = async (
  runtime: AgentRuntime,
  given: { readonly api?: string | undefined; readonly ray?: string | undefined },
): Promise<readonly Check[]> => {
  const { state, problem } = readState(runtime.stateFolder);
  const executable = findRay(given.ray ?? state?.ray_executable, runtime.path);
  const apiUrl = given.api ?? state?.api_url;
  const block = await takeFreeBlock(state?.ports ?? defaultPorts);
  await block?.release();
  const gpus = await detectGpus(runtime.path);
  return judge({
    nodeVersion: process.versions.node,
    ray: executable
      ? await inspectRay(executable, runtime.path)
      : { problem: 'No executable "ray" was found.' },
    freePort: block?.first ?? null,
    diskMib: freeMib(scratchRoot) ?? 0,
    memoryMib: memoryMib(),
    shmMib: freeMib(shmPath) ?? null,
    openFilesMax: openFilesMax(),
    gpus,
    provers: await testProvers(runtime, executable, gpus.gpus.length),
    keyMode: keyMode(runtime.stateFolder) ?? null,
    stateProblem: problem ?? null,
    platform: apiUrl ? await askPlatform(runtime, apiUrl) : { kind: 'unknown' },
  });
};

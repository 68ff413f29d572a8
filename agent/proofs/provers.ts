/**
 * The provers of this device, one for its CPU or one for each GPU. A GPU's prover that found no way to
 * compute on the GPU is of no use: computing for it on the CPU would load the machine and never be in time.
 */
import { dirname, join } from 'node:path';
import { inBackground } from '../background.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';
import { type Prover, ProverFailed, type SelfTest } from './prover.ts';
import { createProverProcess } from './prover-process.ts';

/** A prover that cannot be started is tried again after this, doubled for each failure. */
const againMs = 60_000;
const againMsMax = 3_600_000;

/** The folder that holds the Python package. */
export const agentFolder = dirname(import.meta.dirname);

/** Where provers keep what they cache and write; below the state folder. */
export const proverFolder = (stateFolder: string): string => join(stateFolder, 'prover');

export interface ProversOptions {
  /** The interpreter; undefined when it is not known. */
  readonly python: string | undefined;
  readonly threads?: number | undefined;
}

/** `gpuIndex` is null for the CPU. */
export interface Provers {
  of(gpuIndex: number | null): Prover;
  /** Starts the prover behind when it does not run. */
  prepare(gpuIndex: number | null): void;
  /** Ends all of them. */
  end(): void;
}

interface Place {
  readonly prover: Prover;
  isStarting: boolean;
  failures: number;
  /** On the monotonic clock; the prover is not started by itself before. */
  notBeforeMs: number;
}

/** What a missing interpreter makes of a prover. */
const noProver = (reason: string): Prover => {
  const fail = () => Promise.reject(new ProverFailed(reason, false));
  return {
    begin: fail,
    walk: fail,
    open: fail,
    selfTest: fail,
    drop: async () => undefined,
    isRunning: () => false,
    end: () => undefined,
  };
};

/** The prover of a GPU refuses to begin on the CPU. */
const onGpuOnly = (prover: Prover): Prover => {
  const selfTest = async (): Promise<SelfTest> => {
    const found = await prover.selfTest();
    if (found.backend !== 'numpy') return found;
    throw new ProverFailed('No engine works on this GPU; is CuPy installed beside Ray?', false);
  };
  return {
    ...prover,
    selfTest,
    begin: async (start, limitMs) => {
      await selfTest();
      return prover.begin(start, limitMs);
    },
  };
};

/** Provers that are started when they are first needed. */
export const createProvers = (
  runtime: AgentRuntime,
  { python, threads }: ProversOptions,
): Provers => {
  const places = new Map<number | null, Place>();

  const make = (gpuIndex: number | null): Prover => {
    if (python === undefined) return noProver('No Python was found beside Ray.');
    const name = gpuIndex === null ? 'cpu' : `gpu-${gpuIndex}`;
    const folder = join(proverFolder(runtime.stateFolder), name);
    const made = createProverProcess(runtime, { python, agentFolder, gpuIndex, threads, folder });
    return gpuIndex === null ? made : onGpuOnly(made);
  };

  const placeOf = (gpuIndex: number | null): Place => {
    const known = places.get(gpuIndex);
    if (known) return known;
    const place = { prover: make(gpuIndex), isStarting: false, failures: 0, notBeforeMs: 0 };
    places.set(gpuIndex, place);
    return place;
  };

  const start = async (place: Place): Promise<void> => {
    try {
      const { backend, device } = await place.prover.selfTest();
      place.failures = 0;
      runtime.log.info('prover_ready', { kind: backend, reason: device });
    } catch (thrown) {
      const waitMs = Math.min(againMsMax, againMs * 2 ** place.failures);
      place.failures += 1;
      place.notBeforeMs = runtime.monotonicMs() + waitMs;
      const next = '"raymesh-agent doctor" tells more.';
      runtime.log.error('prover_unusable', { reason: messageOf(thrown), next });
    } finally {
      place.isStarting = false;
    }
  };

  return {
    of: (gpuIndex) => placeOf(gpuIndex).prover,
    prepare: (gpuIndex) => {
      const place = placeOf(gpuIndex);
      const isDue = runtime.monotonicMs() >= place.notBeforeMs;
      if (place.isStarting || !isDue || (place.prover.isRunning() && place.failures === 0)) return;
      place.isStarting = true;
      inBackground(runtime.log, 'prover_start', start(place));
    },
    end: () => {
      for (const { prover } of places.values()) prover.end();
    },
  };
};

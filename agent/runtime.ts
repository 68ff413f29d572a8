/**
 * What the agent takes from its surroundings, as values: clock, randomness, waiting, log, folders.
 * The entry (`main.ts`) owns the only real ones; tests pass their own.
 */
import { setTimeout as timeout } from 'node:timers/promises';
import type { Randomness } from '../shared/core/ids.ts';
import type { Clock } from '../shared/core/time.ts';
import type { Log } from './log.ts';

/** The agent's version, told at registration. */
export const agentVersion = '0.1.0';

export interface AgentRuntime {
  readonly clock: Clock;
  /** Milliseconds of the machine's monotonic clock, the same for every process since boot. */
  readonly monotonicMs: () => number;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Ends after `ms` milliseconds, or at once when the signal aborts; never throws. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The folder of the agent's files, absolute. */
  readonly stateFolder: string;
  /** Directories in which executables are looked up, separated by colons. */
  readonly path: string;
  /** Where the owner's environment says that CUDA lies: for provers, and for nothing of a customer's. */
  readonly cudaEnvironment?: Readonly<Record<string, string>>;
  /** File with a number of milliseconds that tests add to the monotonic clock; absent otherwise. */
  readonly clockOffsetFile?: string;
}

/** The real `wait`. */
export const waitFor = async (ms: number, signal?: AbortSignal): Promise<void> => {
  if (signal?.aborted) return;
  await timeout(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
};

/** A number in 0..1 from the generator. */
export const fraction = (randomness: Randomness): number => {
  const [a = 0, b = 0, c = 0] = randomness.bytes(3);
  return (a * 65_536 + b * 256 + c) / 16_777_216;
};

/** Full jitter: a random wait of at most `baseMs` doubled per failure, and never above `maxMs`. */
export const backoffMs = (
  failures: number,
  bounds: { readonly baseMs: number; readonly maxMs: number },
  randomness: Randomness,
): number =>
  Math.ceil(
    fraction(randomness) * Math.min(bounds.maxMs, bounds.baseMs * 2 ** Math.min(failures, 20)),
  );

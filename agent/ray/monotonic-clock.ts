/**
 * The machine's monotonic clock, one value for all processes since boot. A test may move it by a
 * file that holds a number of milliseconds; only an agent started with --test-clock names one.
 */
import { readFileSync } from 'node:fs';
import type { AgentRuntime } from '../runtime.ts';

/** Where a clock that may be moved is looked at again, milliseconds. */
const lookAgainMs = 250;

const offsetMs = (file: string): number => {
  try {
    const value = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(value) ? value : 0;
  } catch {
    return 0;
  }
};

/** Milliseconds since a fixed point of this boot, plus the file's offset. */
export const machineMonotonicMs = (offsetFile?: string): number =>
  Number(process.hrtime.bigint() / 1_000_000n) + (offsetFile ? offsetMs(offsetFile) : 0);

/** The same wait, but by that clock: it ends when the clock was moved so far. */
export const waitByClock =
  (monotonicMs: () => number, wait: AgentRuntime['wait']): AgentRuntime['wait'] =>
  async (ms, signal) => {
    const dueMs = monotonicMs() + ms;
    for (;;) {
      const leftMs = dueMs - monotonicMs();
      if (leftMs <= 0 || signal?.aborted) return;
      await wait(Math.min(leftMs, lookAgainMs), signal);
    }
  };

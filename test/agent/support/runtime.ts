/** An agent's runtime for tests: fixed clock, seeded randomness, waits that a test lets pass. */
import { createHash } from 'node:crypto';
import type { LogFields } from '../../../agent/log.ts';
import type { AgentRuntime } from '../../../agent/runtime.ts';
import type { Randomness } from '../../../shared/core/ids.ts';
import { temporaryFolder } from './folders.ts';

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

export const seededRandomness = (seed: string): Randomness => {
  let count = 0;
  return {
    bytes: (length) => {
      count += 1;
      return createHash('shake256', { outputLength: length }).update(`${seed}${count}`).digest();
    },
  };
};

/** A runtime whose waits move its own clock and end at once. */
export const testRuntime = (overrides: Partial<AgentRuntime> = {}) => {
  const lines: LogLine[] = [];
  const waits: number[] = [];
  const time = { nowMs: Date.UTC(2026, 10, 22, 18) };
  const line =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      lines.push({ level, event, fields });
    };
  const runtime: AgentRuntime = {
    clock: { nowMs: () => time.nowMs },
    monotonicMs: () => time.nowMs,
    randomness: seededRandomness('agent'),
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    wait: async (ms, signal) => {
      if (signal?.aborted) return;
      waits.push(ms);
      time.nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    stateFolder: overrides.stateFolder ?? temporaryFolder(),
    path: '/usr/bin:/bin',
    ...overrides,
  };
  return { runtime, lines, waits, time };
};

/** A function's runtime for tests: fixed clock, seeded randomness, memory database, captured log. */
import { createHash } from 'node:crypto';
import { createLogger } from '../../functions/kit/log.ts';
import type { Runtime } from '../../functions/kit/runtime.ts';
import type { Randomness } from '../../shared/core/ids.ts';
import { MemoryDatabase } from './memory-database.ts';

/** 2026-11-22T12:00:00Z. */
export const startMs = 1_795_348_800_000;

/** A clock that only the test moves. */
export interface TestClock {
  ms: number;
  nowMs(): number;
  refresh(): Promise<void>;
  realMs(): number;
  atReal(realMs: number): number;
  readonly processStartedRealMs: number;
}

/** Bytes that follow from the seed. */
export const seededRandomness = (seed: string): Randomness => {
  let counter = 0;
  return {
    bytes: (count) => {
      const blocks: Buffer[] = [];
      for (let made = 0; made < count; made += 32) {
        counter += 1;
        blocks.push(createHash('sha256').update(`${seed} ${counter}`).digest());
      }
      return Buffer.concat(blocks).subarray(0, count);
    },
  };
};

export interface TestRuntime extends Runtime {
  readonly clock: TestClock;
  readonly database: MemoryDatabase;
  /** Log lines, parsed. */
  readonly lines: Record<string, unknown>[];
}

/** A fresh runtime; nothing is shared between two. */
export const testRuntime = (seed = 'raymesh'): TestRuntime => {
  const lines: Record<string, unknown>[] = [];
  return {
    stage: 'test',
    clock: {
      ms: startMs,
      nowMs() {
        return this.ms;
      },
      refresh: async () => {},
      realMs() {
        return this.ms;
      },
      atReal: (ms) => ms,
      processStartedRealMs: 0,
    },
    randomness: seededRandomness(seed),
    database: new MemoryDatabase(),
    log: createLogger((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
    lines,
    token: { mode: 'own', genesisMs: startMs },
    pause: async () => {},
  };
};

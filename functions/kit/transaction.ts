/**
 * Several writes, sent once. Asserts DynamoDB's limits, repeats what contention refused (never what a
 * condition refused) and answers an ambiguous time-out by sending the very same request again.
 */
import { assert } from '../../shared/core/assert.ts';
import { contention, type Database, type Write, WriteRefused } from '../../shared/core/database.ts';
import { passingFaults } from '../../shared/core/faults.ts';
import { base32, type Randomness } from '../../shared/core/ids.ts';

/** Most writes in one transaction. */
export const writesMax = 100;
const attemptsMax = 6;
const pauseMsFirst = 20;

/** What committing needs of the runtime. */
export interface CommitRuntime {
  readonly database: Database;
  readonly randomness: Randomness;
  /** Waits that many milliseconds; tests pass one that returns at once. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/**
 * Makes all writes happen or none. Throws WriteRefused when a condition does not hold (reasons in the
 * order of the writes) and `platform.unavailable` when contention does not end.
 */
export const commit = async (runtime: CommitRuntime, writes: readonly Write[]): Promise<void> => {
  assert(writes.length >= 1 && writes.length <= writesMax, `a transaction of ${writes.length}`);
  const items = new Set(writes.map(({ table, key }) => `${table} ${key.pk} ${key.sk}`));
  assert(items.size === writes.length, 'an item stands twice in one transaction');
  // 32 characters; DynamoDB takes 36 at most.
  const token = base32(runtime.randomness.bytes(20));
  for (let attempt = 1; ; attempt += 1) {
    try {
      // One token throughout: DynamoDB answers success to a repeat of what it already committed.
      return await runtime.database.transact(writes, token);
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (attempt === attemptsMax) throw contention(error);
      const spread = (runtime.randomness.bytes(1)[0] ?? 0) / 256;
      await runtime.pause(pauseMsFirst * 2 ** attempt * spread);
    }
  }
};

const isTransient = (error: unknown): boolean => {
  if (error instanceof WriteRefused) return error.transient;
  return error instanceof Error && passingFaults.includes(error.name);
};

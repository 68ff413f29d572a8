/**
 * Reads and decides again when somebody else wrote in between. Every decision stands on what was read,
 * for the conditions say so; what was refused is simply decided afresh.
 */
import { contention, WriteRefused } from '../../shared/core/database.ts';
import type { CommitRuntime } from './transaction.ts';

const pauseMsMax = 50;

/**
 * Runs `work`, which reads, decides and commits, until it is not refused. Throws
 * `platform.unavailable` when others keep changing what it reads.
 */
export const retryRefused = async <Answer>(
  needs: Pick<CommitRuntime, 'pause' | 'randomness'>,
  work: () => Promise<Answer>,
  attemptsMax = 10,
): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      if (attempt === attemptsMax) throw contention(error);
      await needs.pause(((needs.randomness.bytes(1)[0] ?? 0) / 256) * pauseMsMax);
    }
  }
};

/**
 * One at a time reads the histories. It saves calls of the providers and nothing depends on it: a lock ends by
 * itself while its holder may still be at work, and two at once store and post the same.
 */
import { contention, WriteRefused } from '../../../shared/core/database.ts';
import { base32 } from '../../../shared/core/ids.ts';
import { minuteMs, secondMs } from '../../../shared/core/time.ts';
import { givePollLockBack, takePollLock } from '../../../shared/payments/deposits/poll-store.ts';
import type { Runtime } from '../../kit/runtime.ts';

/** Longer than any function that takes it may run. */
const lockMs = 5 * minuteMs;

/** Answers undefined, without doing anything, when somebody else has the lock. */
export const withPollLock = async <Answer>(
  needs: Pick<Runtime, 'database' | 'clock' | 'randomness'>,
  work: () => Promise<Answer>,
): Promise<Answer | undefined> => {
  const holder = base32(needs.randomness.bytes(10));
  const nowMs = needs.clock.nowMs();
  if (!(await happens(needs.database.write(takePollLock(holder, nowMs, nowMs + lockMs))))) {
    return undefined;
  }
  try {
    return await work();
  } finally {
    await happens(needs.database.write(givePollLockBack(holder)));
  }
};

/** So long waits who must have it: longer than a run of the minute takes as a rule. */
const waitsMax = 45;
const pauseMs = 2 * secondMs;

/** As above, but waits for the lock; throws `platform.unavailable` when somebody keeps it. */
export const afterPollLock = async <Answer>(
  needs: Pick<Runtime, 'database' | 'clock' | 'randomness' | 'pause'>,
  work: () => Promise<Answer>,
): Promise<Answer> => {
  for (let waits = 0; waits < waitsMax; waits += 1) {
    const outcome = await withPollLock(needs, async () => ({ answer: await work() }));
    if (outcome !== undefined) return outcome.answer;
    await needs.pause(pauseMs);
  }
  throw contention(new Error('the histories are being read by somebody else'));
};

const happens = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof WriteRefused) return false;
    throw error;
  }
};

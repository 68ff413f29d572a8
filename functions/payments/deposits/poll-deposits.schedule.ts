/**
 * Task `poll-deposits`: finds what came to the treasury's token accounts and credits what is finalized. It
 * needs nobody to tell it that something came; a hint only makes it run earlier.
 */
import { secondMs } from '../../../shared/core/time.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { findArrivals } from './find-arrivals.ts';
import { noteSeen } from './note-seen.ts';
import { whereConfigured } from './where-configured.ts';
import { withPollLock } from './with-poll-lock.ts';
import { workOffArrivals } from './work-off-arrivals.ts';

/** New pages of work are begun for so long; the function may run a minute longer. */
const workMs = 60 * secondMs;

export const pollDeposits = (needs: DepositNeeds): Promise<TaskOutcome> =>
  whereConfigured(async () => {
    const outcome = await withPollLock(needs, async () => {
      const [providers, watched] = [await needs.chain(), await needs.watched()];
      const untilMs = needs.clock.nowMs() + workMs;
      for (const account of watched) await findArrivals(needs, providers, account);
      const worked = await workOffArrivals(needs, watched, untilMs);
      await noteSeen(needs, watched);
      return worked;
    });
    return outcome ?? { done: 0, failed: 0 };
  });

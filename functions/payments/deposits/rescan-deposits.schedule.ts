/**
 * Task `rescan-deposits`: reads the last two days of the histories again, for what every node left out at the
 * time, and tries again what nobody could read.
 */

import { secondMs } from '../../../shared/core/time.ts';
import { type Arrival, moveArrival } from '../../../shared/payments/deposits/arrival.ts';
import {
  listUnreadableArrivals,
  putMovedArrival,
} from '../../../shared/payments/deposits/arrival-store.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { commit } from '../../kit/transaction.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { findArrivalsSince } from './find-arrivals.ts';
import { whereConfigured } from './where-configured.ts';
import { afterPollLock } from './with-poll-lock.ts';
import { workOffArrivals } from './work-off-arrivals.ts';

/** Two days of slots of 400 ms; where slots are longer it is more. */
const backSlots = 432_000n;
const workMs = 200 * secondMs;

export const rescanDeposits = (needs: DepositNeeds): Promise<TaskOutcome> =>
  whereConfigured(() =>
    afterPollLock(needs, async () => {
      const [providers, watched] = [await needs.chain(), await needs.watched()];
      for (const account of watched) await findArrivalsSince(needs, providers, account, backSlots);
      await tryUnreadableAgain(needs);
      return workOffArrivals(needs, watched, needs.clock.nowMs() + workMs);
    }),
  );

const tryUnreadableAgain = async (needs: DepositNeeds): Promise<void> => {
  const again: Arrival[] = [];
  let cursor: string | undefined;
  do {
    const page = await listUnreadableArrivals(needs.database, { limit: 500, cursor });
    again.push(...page.arrivals);
    cursor = page.next;
  } while (cursor !== undefined);
  const reopen = (arrival: Arrival) =>
    commit(needs, putMovedArrival(arrival, moveArrival(arrival, { status: 'found' })));
  await forEachDue(needs, again, reopen, ({ account, slot }) => `${account} at slot ${slot}`);
};

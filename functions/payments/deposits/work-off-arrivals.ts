/**
 * Works off the arrivals that are not done, several at once. What fails for one is logged, stays, and comes
 * again with the next run; its neighbours go on.
 */
import type { Arrival, WatchedAccount } from '../../../shared/payments/deposits/arrival.ts';
import { listOpenArrivals } from '../../../shared/payments/deposits/arrival-store.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { type DepositPrices, readDepositPrices } from './deposit-prices.ts';
import { inParallel } from './in-parallel.ts';
import { processArrival } from './process-arrival.ts';

const atOnce = 16;
const pageSize = 500;

/** Begins with the oldest; no new page is begun after `untilMs`. */
export const workOffArrivals = async (
  needs: DepositNeeds,
  watched: readonly WatchedAccount[],
  untilMs: number,
): Promise<TaskOutcome> => {
  let [done, failed] = [0, 0];
  const process = async (arrival: Arrival, prices: DepositPrices): Promise<void> => {
    const { signature: transaction, account } = arrival;
    const target = watched.find((each) => each.account === account);
    try {
      if (target === undefined) throw new Error('the account is not watched any more');
      const outcome = await processArrival({ ...needs, prices }, target, arrival);
      if (outcome === 'done') done += 1;
      if (outcome === 'unreadable') failed += 1;
      if (outcome === 'waits') needs.log.warn('deposit.waits', { transaction, account });
    } catch (error) {
      failed += 1;
      needs.log.error('deposit.failed', { transaction, account, error });
    }
  };
  let cursor: string | undefined;
  do {
    const page = await listOpenArrivals(needs.database, { limit: pageSize, cursor });
    const prices = await readDepositPrices(needs);
    await inParallel(page.arrivals, atOnce, (arrival) => process(arrival, prices));
    cursor = page.next;
  } while (cursor !== undefined && needs.clock.nowMs() < untilMs);
  return { done, failed };
};

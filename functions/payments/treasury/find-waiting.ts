/** What waits for somebody: payouts that are not over, and money in suspense that nobody has claimed. */

import { type ArrivalPage, listSuspense } from '../../../shared/payments/deposits/arrival-store.ts';
import { getLaneBatch } from '../../../shared/payments/payouts/batch-store.ts';
import { type PayoutWork, queuesOf } from '../../../shared/payments/payouts/keys.ts';
import { isOver, lanes, type Payout } from '../../../shared/payments/payouts/payout.ts';
import {
  getPayouts,
  listWaitingPayouts,
  type PayoutPage,
} from '../../../shared/payments/payouts/payout-store.ts';
import type { Waiting } from '../../../shared/payments/treasury/treasury.ts';
import type { Runtime } from '../../kit/runtime.ts';

type Reader = Pick<Runtime, 'database'>;

const works: readonly PayoutWork[] = ['awaiting_approval', ...lanes.flatMap(queuesOf)];

/** Payouts that are neither paid nor failed; `units` are micro-dollars. */
export const findPayoutsInFlight = async ({ database }: Reader): Promise<Waiting> => {
  const found = new Map<string, Payout>();
  for (const work of works) {
    let cursor: string | undefined;
    do {
      const page: PayoutPage = await listWaitingPayouts(database, work, { limit: 100, cursor });
      for (const payout of page.payouts) found.set(payout.id, payout);
      cursor = page.next;
    } while (cursor !== undefined);
  }
  for (const lane of lanes) {
    const batch = await getLaneBatch(database, lane);
    const ids = batch?.members.map(({ payoutId }) => payoutId) ?? [];
    for (const payout of await getPayouts(database, ids)) found.set(payout.id, payout);
  }
  const open = [...found.values()].filter((payout) => !isOver(payout));
  return {
    count: open.length,
    units: open.reduce((sum, { usdUnits }) => sum + usdUnits, 0n),
    oldestMs: oldestOf(open.map(({ createdAtMs }) => createdAtMs)),
  };
};

/** When the oldest that is in suspense was found; null: nothing is. Dust is nobody's for ever. */
export const findOldestSuspense = async ({ database }: Reader): Promise<number | null> => {
  const times: number[] = [];
  let cursor: string | undefined;
  do {
    const page: ArrivalPage = await listSuspense(database, { limit: 1000, cursor });
    for (const { state, foundAtMs } of page.arrivals) {
      if (state.status === 'in_suspense' && state.reason !== 'dust') times.push(foundAtMs);
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return oldestOf(times);
};

const oldestOf = (times: readonly number[]): number | null =>
  times.reduce<number | null>((min, each) => (min === null || each < min ? each : min), null);

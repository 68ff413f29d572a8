/**
 * Task `check-custody`: what a token account holds at a slot must be what all transactions that we know, up to
 * that slot, brought and took. It trusts no history: a transaction that every node keeps from us shows here,
 * and so does an account that somebody emptied or closed.
 */
import { assert } from '../../../shared/core/assert.ts';
import { hourMs, secondMs } from '../../../shared/core/time.ts';
import type { WatchedAccount } from '../../../shared/payments/deposits/arrival.ts';
import {
  listOpenArrivals,
  sumArrived,
  sumArrivedAfter,
} from '../../../shared/payments/deposits/arrival-store.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';
import { askFirst } from '../sending/ask-providers.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { findArrivals } from './find-arrivals.ts';
import { whereConfigured } from './where-configured.ts';
import { afterPollLock } from './with-poll-lock.ts';
import { workOffArrivals } from './work-off-arrivals.ts';

const workMs = 60 * secondMs;
/** The list of what came lately is some moments behind. */
const looksMax = 3;
const pauseMs = 2 * secondMs;

export const checkCustody = (needs: DepositNeeds): Promise<TaskOutcome> =>
  whereConfigured(() =>
    afterPollLock(needs, async () => {
      const [providers, watched] = [await needs.chain(), await needs.watched()];
      const addresses = watched.map(({ account }) => account);
      // First what is held, then what is known: all that had come by then can be found now.
      const held = await askFirst(needs, providers, (each) => each.listTokenAccounts(addresses));
      for (const account of watched) await findArrivals(needs, providers, account);
      await workOffArrivals(needs, watched, needs.clock.nowMs() + workMs);
      if (await isSettling(needs, held.slot)) return { done: 0, failed: 0 };
      const wrong: string[] = [];
      for (const [index, { account }] of watched.entries()) {
        const units = held.accounts[index]?.units ?? 0n;
        const known = await knownAt(needs, account, held.slot, units);
        if (known !== units) wrong.push(`${account} holds ${units}, its transactions say ${known}`);
      }
      if (wrong.length > 0) needs.log.error('custody.differs', { at_slot: held.slot, wrong });
      assert(wrong.length === 0, `at slot ${held.slot} ${wrong.join(' and ')}`);
      return { done: watched.length, failed: 0 };
    }),
  );

/** What waits for a provider or a price was not counted; for long it must not wait. */
const isSettling = async (needs: DepositNeeds, slot: bigint): Promise<boolean> => {
  const { arrivals } = await listOpenArrivals(needs.database, { limit: 1000 });
  const waiting = arrivals.filter((each) => each.state.status === 'found' && each.slot <= slot);
  if (waiting.length === 0) return false;
  const sinceMs = Math.min(...waiting.map(({ foundAtMs }) => foundAtMs));
  needs.log.warn('custody.settling', { waiting: waiting.length });
  const isOld = sinceMs <= needs.clock.nowMs() - hourMs;
  assert(!isOld, `${waiting.length} deposits wait, the oldest for more than an hour`);
  return true;
};

const knownAt = async (
  needs: DepositNeeds,
  account: WatchedAccount['account'],
  slot: bigint,
  expected: bigint,
): Promise<bigint> => {
  for (let looks = 1; ; looks += 1) {
    const total = await sumArrived(needs.database, account);
    const known = total - (await sumArrivedAfter(needs.database, account, slot));
    if (known === expected || looks === looksMax) return known;
    await needs.pause(pauseMs);
  }
};

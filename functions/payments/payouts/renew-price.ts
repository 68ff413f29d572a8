/**
 * Gives payouts in IO whose price is over a new one before a batch claims them. Earnings that cannot be had at
 * the new price, because the platform's position in IO is short, wait, and so does all IO while no price is
 * good enough: rewards need one to be counted against the limits. Nobody else waits for it. Rewards that a new
 * price makes worth enough for a person to decide wait for that.
 */
import { present } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { planPayoutIoReserve } from '../../../shared/ledger/chain/payout-hold.ts';
import { getPayoutHolds } from '../../../shared/ledger/chain/payout-store.ts';
import { type IoPrice, microsOfIo } from '../../../shared/ledger/io-price.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import {
  movedPayout,
  type Payout,
  repricedPayout,
} from '../../../shared/payments/payouts/payout.ts';
import { laneOf } from '../../../shared/payments/payouts/payout-limits.ts';
import { getPayout, putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import { priceLockMs } from '../../../shared/payments/prices/price-lock.ts';
import { retryRefused } from '../../kit/retry.ts';
import { commit } from '../../kit/transaction.ts';
import { requireIoPrice } from '../prices/token-prices.ts';
import type { PayoutNeeds } from './payout-needs.ts';

/** The payouts that can be paid as they stand, those in IO at a price that is good now. */
export const withFreshPrice = async (
  needs: PayoutNeeds,
  payouts: readonly Payout[],
): Promise<readonly Payout[]> => {
  const nowMs = needs.clock.nowMs();
  const isOver = ({ price }: Payout): boolean => price !== null && price.untilMs <= nowMs;
  if (!payouts.some(isOver)) return payouts;
  const price = await goodPrice(needs);
  const fresh: Payout[] = [];
  for (const payout of payouts) {
    const priced = isOver(payout) ? price && (await renewed(needs, payout.id, price)) : payout;
    if (priced) fresh.push(priced);
  }
  return fresh;
};

const goodPrice = async (needs: PayoutNeeds): Promise<IoPrice | undefined> => {
  try {
    return await requireIoPrice(needs);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    needs.log.warn('payouts.no_price', { error });
    return undefined;
  }
};

/** The payout at this price; undefined when it is no longer queued, or the position is short. */
const renewed = (
  needs: PayoutNeeds,
  payoutId: string,
  price: IoPrice,
): Promise<Payout | undefined> =>
  retryRefused(needs, async () => {
    const payout = await getPayout(needs.database, payoutId);
    if (payout?.status !== 'queued') return undefined;
    const nowMs = needs.clock.nowMs();
    const locked = { ...price, untilMs: nowMs + priceLockMs };
    if (payout.source === 'rewards') {
      const next = repricedPayout(payout, locked, { usdUnits: microsOfIo(payout.units, price) });
      return commitWorth(needs, next, payout);
    }
    const holds = present(
      await getPayoutHolds(needs.database, payoutId),
      `${payoutId} holds nothing`,
    );
    const position = await getAccount(needs.database, 'fx:io');
    const decision = planPayoutIoReserve({ ...holds, price, position, nowMs });
    if (decision.outcome !== 'held') {
      needs.log.warn('payouts.io_short', { payout_id: payoutId, ...decision });
      return undefined;
    }
    const next = repricedPayout(payout, locked, { tokenUnits: decision.ioHold.left });
    await commit(needs, [...decision.writes, ...putPayout(next, payout)]);
    return next;
  });

/** Rewards that became worth so much that a person decides leave the queue, as if they were asked for now. */
const commitWorth = async (
  needs: PayoutNeeds,
  next: Payout,
  before: Payout,
): Promise<Payout | undefined> => {
  const lane = laneOf(next.usdUnits);
  if (lane === 'bulk' || before.lane === lane) {
    await commit(needs, putPayout(next, before));
    return next;
  }
  await commit(needs, putPayout(movedPayout(next, 'outgrow', { lane }), before));
  needs.log.warn('payouts.outgrown', { payout_id: next.id, usd_units: next.usdUnits });
  return undefined;
};

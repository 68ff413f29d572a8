/**
 * Asks for a payout: holds the earnings (and the IO for them) or the rewards and keeps the payout in one
 * transaction, or says why not. The same id again answers the payout that is there.
 */
import { present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { type Write, WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { dayMs, dayOf, isoOf } from '../../../shared/core/time.ts';
import {
  type PayoutSource,
  payoutAccount,
  planPayoutReserve,
} from '../../../shared/ledger/chain/payout-hold.ts';
import { microsOfIo } from '../../../shared/ledger/io-price.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import type { LockedPrice, Payout } from '../../../shared/payments/payouts/payout.ts';
import { listDeniedAmong } from '../../../shared/payments/payouts/payout-controls-store.ts';
import {
  earningsRange,
  laneOf,
  type PayoutRange,
  payoutLimits,
  rewardsRange,
} from '../../../shared/payments/payouts/payout-limits.ts';
import {
  countSupplierDay,
  getPayout,
  putPayout,
} from '../../../shared/payments/payouts/payout-store.ts';
import { isPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { priceLockMs } from '../../../shared/payments/prices/price-lock.ts';
import { requireTokenSettings } from '../../../shared/token/token-mode.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { commit } from '../../kit/transaction.ts';
import { requireIoPrice } from '../prices/token-prices.ts';
import { requirePayoutWallet } from './require-payout-wallet.ts';

export interface PayoutOrder {
  readonly id: Payout['id'];
  readonly organisation: string;
  readonly source: PayoutSource;
  readonly token: Token;
  /** Micro-dollars, or of rewards base units of IO. */
  readonly units: bigint;
}

export const requestPayout = async (needs: Runtime, order: PayoutOrder): Promise<Payout> => {
  if (order.token === 'io') requireTokenSettings(needs.token);
  if (order.source === 'earnings') requireWithin(earningsRange, order.units);
  return retryRefused(needs, async () => {
    const kept = await getPayout(needs.database, order.id);
    return kept ?? reserve(needs, order);
  });
};

const requireWithin = ({ unitsMin, unitsMax }: PayoutRange, units: bigint): void => {
  if (units >= unitsMin && units <= unitsMax) return;
  throw new AppError('payout.amount_out_of_range', {
    extra: { minimum: String(unitsMin), maximum: String(unitsMax) },
  });
};

const reserve = async (needs: Runtime, order: PayoutOrder): Promise<Payout> => {
  const { id, organisation, source, token, units } = order;
  const { database } = needs;
  const nowMs = needs.clock.nowMs();
  const wallet = await requirePayoutWallet(needs, organisation, token);
  const { address } = wallet;
  if ((await listDeniedAmong(database, [address])).length > 0) {
    throw new AppError('payout.wallet_denied');
  }
  const price = token === 'io' ? await lockedPrice(needs, nowMs) : null;
  const usdUnits = source === 'rewards' ? worthOf(units, present(price, 'no price')) : units;
  const supplier = await getAccount(database, payoutAccount(source, organisation));
  const converts = source === 'earnings' && price;
  const io = converts ? { price, position: await getAccount(database, 'fx:io') } : undefined;
  const decision = planPayoutReserve({
    ...{ payoutId: id, organisation, source, token, units, supplier, io, nowMs },
  });
  if (decision.outcome !== 'held') throw refusalOf(decision);
  const { hold, ioHold } = decision;
  const lane = laneOf(usdUnits);
  const payout: Payout = {
    ...{ id, organisation, lane, source, token, units, usdUnits, price, wallet: address },
    feeUnits: hold.feeUnits,
    tokenUnits: ioHold ? ioHold.left : units - hold.feeUnits,
    status: lane === 'approved' ? 'awaiting_approval' : 'queued',
    ...{ reason: null, batchId: null, signature: null },
    ...{ createdAtMs: nowMs, version: 1 },
  };
  await commitWithinDay(needs, payout, [
    ...putPayout(payout, undefined),
    ...decision.writes,
    isPayoutWallet(wallet),
  ]);
  return payout;
};

/** Micro-dollars; refused where that is too little, or too much. */
const worthOf = (units: bigint, price: LockedPrice): bigint => {
  requireWithin(rewardsRange(price), units);
  return microsOfIo(units, price);
};

const lockedPrice = async (needs: Runtime, nowMs: number): Promise<LockedPrice> => ({
  ...(await requireIoPrice(needs)),
  untilMs: nowMs + priceLockMs,
});

const refusalOf = (
  decision: Exclude<ReturnType<typeof planPayoutReserve>, { readonly outcome: 'held' }>,
): AppError =>
  decision.outcome === 'balance_short'
    ? new AppError('payout.balance_short', { extra: { available: String(decision.available) } })
    : new AppError('payout.asset_unavailable', {
        extra: { available: String(decision.available), needed: String(decision.needed) },
      });

/** Commits what keeps the payout, unless its supplier has asked for enough today or has too many open. */
const commitWithinDay = async (
  needs: Runtime,
  { organisation, usdUnits, createdAtMs }: Payout,
  writes: readonly Write[],
): Promise<void> => {
  const day = dayOf(createdAtMs);
  const unitsMax = payoutLimits.supplierDayUnitsMax;
  const counted = countSupplierDay({ organisation, day, units: usdUnits, unitsMax });
  try {
    await commit(needs, [counted, ...writes]);
  } catch (error) {
    if (error instanceof WriteRefused && error.failedAt(1)) {
      throw new AppError('payout.too_many_open', {
        extra: { maximum: String(payoutLimits.openMax) },
      });
    }
    if (!(error instanceof WriteRefused) || !error.failedAt(0)) throw error;
    throw new AppError('payout.limit_reached', {
      extra: { maximum: String(unitsMax), again_at: isoOf((day + 1) * dayMs) },
    });
  }
};

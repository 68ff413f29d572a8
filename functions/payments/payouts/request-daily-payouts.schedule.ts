/**
 * Task `request-daily-payouts`: asks for a payout of what has matured, for each supplier who wants that, and of
 * its rewards where it has a wallet for IO. Their ids follow from supplier, source and day, so that a run again,
 * or two at once, ask once. What is refused, because it is too little or the wallet still cools down, is asked
 * for the next day.
 */
import { AppError } from '../../../shared/core/errors.ts';
import { dayOf } from '../../../shared/core/time.ts';
import { supplierAccount, supplierIoAccount } from '../../../shared/ledger/account.ts';
import { ioOfMicros } from '../../../shared/ledger/io-price.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { dailyPayoutId } from '../../../shared/payments/payouts/daily-payout.ts';
import type { AutoPayout } from '../../../shared/payments/payouts/payout-controls.ts';
import { listAutoPayouts } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { payoutLimits, rewardsRange } from '../../../shared/payments/payouts/payout-limits.ts';
import { getPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { requireIoPrice } from '../prices/token-prices.ts';
import { type PayoutOrder, requestPayout } from './request-payout.ts';

const pageSize = 100;

export const requestDailyPayouts = async (needs: Runtime): Promise<TaskOutcome> => {
  let total: TaskOutcome = { done: 0, failed: 0 };
  let cursor: string | undefined;
  do {
    const page = await listAutoPayouts(needs.database, { limit: pageSize, cursor });
    const { done, failed } = await forEachDue(
      needs,
      page.autos,
      (auto) => requestDaily(needs, auto),
      ({ organisation }) => organisation,
    );
    total = { done: total.done + done, failed: total.failed + failed };
    cursor = page.next;
  } while (cursor !== undefined);
  return total;
};

/** What a person would have to approve stays for a request of the supplier's own. */
const unitsMax = payoutLimits.approvalFromUnits - 1n;

const requestDaily = async (needs: Runtime, auto: AutoPayout): Promise<void> => {
  await payEarnings(needs, auto);
  await payRewards(needs, auto);
};

const payEarnings = async (needs: Runtime, { organisation, token }: AutoPayout): Promise<void> => {
  const { available } = await getAccount(needs.database, supplierAccount(organisation));
  if (available < payoutLimits.unitsMin) return;
  await request(needs, {
    organisation,
    source: 'earnings',
    token,
    units: least(available, unitsMax),
  });
};

const payRewards = async (needs: Runtime, { organisation }: AutoPayout): Promise<void> => {
  const { available } = await getAccount(needs.database, supplierIoAccount(organisation));
  if (available === 0n || !(await getPayoutWallet(needs.database, organisation, 'io'))) return;
  const price = await requireIoPrice(needs);
  if (available < rewardsRange(price).unitsMin) return;
  const units = least(available, ioOfMicros(unitsMax, price));
  await request(needs, { organisation, source: 'rewards', token: 'io', units });
};

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const request = async (needs: Runtime, order: Omit<PayoutOrder, 'id'>): Promise<void> => {
  const { organisation, source } = order;
  const id = dailyPayoutId(organisation, source, dayOf(needs.clock.nowMs()));
  try {
    await requestPayout(needs, { id, ...order });
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    const { code } = error;
    needs.log.info('payout.daily_refused', { organisation_id: organisation, source, code });
  }
};

/**
 * Task `request-daily-payouts`: asks for a payout of what has matured, for each supplier who wants that. Its
 * id follows from supplier and day, so that a run again, or two at once, ask once. What is refused, because
 * it is too little or the wallet still cools down, is asked for the next day.
 */
import { AppError } from '../../../shared/core/errors.ts';
import { dayOf } from '../../../shared/core/time.ts';
import { supplierAccount } from '../../../shared/ledger/account.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { dailyPayoutId } from '../../../shared/payments/payouts/daily-payout.ts';
import type { AutoPayout } from '../../../shared/payments/payouts/payout-controls.ts';
import { listAutoPayouts } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { payoutLimits } from '../../../shared/payments/payouts/payout-limits.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { requestPayout } from './request-payout.ts';

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

const requestDaily = async (needs: Runtime, { organisation, token }: AutoPayout): Promise<void> => {
  const { available } = await getAccount(needs.database, supplierAccount(organisation));
  const { unitsMin, approvalFromUnits } = payoutLimits;
  if (available < unitsMin) return;
  // What a person would have to approve stays for a request of the supplier's own.
  const units = available < approvalFromUnits ? available : approvalFromUnits - 1n;
  const id = dailyPayoutId(organisation, dayOf(needs.clock.nowMs()));
  try {
    await requestPayout(needs, { id, organisation, token, units });
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    needs.log.info('payout.daily_refused', { organisation_id: organisation, code: error.code });
  }
};

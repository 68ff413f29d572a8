/** GET /v1/budgets/forecast: what the organisation spends per hour now, and where that leads. */
import type * as z from 'zod';
import { moneyToJson, mulDivCeil, usd } from '../../../shared/core/money.ts';
import { hourMs, isoOf, isoOrNull } from '../../../shared/core/time.ts';
import { getCredit, getHold } from '../../../shared/ledger/ledger-store.ts';
import { type Month, monthOf, monthStartMs, nextMonth } from '../../../shared/ledger/statement.ts';
import type { spendForecastSchema } from '../../../shared/payments/budgets/budget-schemas.ts';
import { getSpending } from '../../../shared/payments/budgets/budget-store.ts';
import type { Commitment } from '../../../shared/payments/budgets/commitment.ts';
import { listCommitments } from '../../../shared/payments/budgets/commitment-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getSpendForecast = async (
  { database }: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
): Promise<z.input<typeof spendForecastSchema>> => {
  const { nowMs } = call;
  const { organisationId } = call.caller;
  const [spending, open, { customer }] = await Promise.all([
    getSpending(database, organisationId),
    listCommitments(database, organisationId),
    getCredit(database, organisationId),
  ]);
  const posted = await Promise.all(
    open.map(async ({ clusterId }) => (await getHold(database, clusterId))?.posted ?? 0n),
  );
  const month = monthOf(nowMs);
  const committed = spending.months[month] ?? 0n;
  // Of a commitment that is open since an earlier month, this month takes what it may at most.
  const unspent = open.map((commitment, index) =>
    openUnits(commitment, posted[index] ?? 0n, month),
  );
  const spent = committed - unspent.reduce((sum, units) => sum + units, 0n);
  const rate = spending.unitsPerHour;
  const endMs = monthStartMs(nextMonth(month));
  const rest = mulDivCeil(rate, BigInt(endMs - nowMs), BigInt(hourMs));
  const credit = customer.available + customer.held;
  const money = (units: bigint) => moneyToJson(usd(units));
  return {
    object: 'spend_forecast',
    spend_per_hour: money(rate),
    available: money(customer.available),
    held: money(customer.held),
    runs_out_at: rate === 0n ? null : isoOf(nowMs + hoursOf(credit, rate)),
    paid_until: isoOrNull(
      open.length === 0 ? null : Math.max(...open.map(({ untilMs }) => untilMs)),
    ),
    month: {
      month,
      spent: money(spent),
      committed: money(committed),
      projected: money(spent + rest),
    },
  };
};

/** What of a month's part of a commitment is not posted yet; earlier months come first. */
const openUnits = ({ months }: Commitment, posted: bigint, month: Month): bigint => {
  const before = Object.entries(months)
    .filter(([each]) => each < month)
    .reduce((sum, [, units]) => sum + units, 0n);
  const own = months[month] ?? 0n;
  const here = posted > before ? posted - before : 0n;
  return here < own ? own - here : 0n;
};

/** Ten years are for ever. */
const forecastMsMax = 10 * 8_766 * hourMs;

/** How long the credit lasts at that rate, in milliseconds. */
const hoursOf = (units: bigint, unitsPerHour: bigint): number =>
  Math.min(forecastMsMax, Number((units * BigInt(hourMs)) / unitsPerHour));

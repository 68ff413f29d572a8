/** Lambda `payments-schedules`: what happens to card money, and to payouts, when time passes. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { backfillEvents } from '../payments/cards/backfill-events.schedule.ts';
import { createCardRuntime } from '../payments/cards/card-runtime.ts';
import { compareCardMoney } from '../payments/cards/compare-card-money.schedule.ts';
import { finishRefunds } from '../payments/cards/finish-refunds.schedule.ts';
import { topUpAutomatically } from '../payments/cards/top-up-automatically.schedule.ts';
import { requestDailyPayouts } from '../payments/payouts/request-daily-payouts.schedule.ts';
import { startPayouts } from '../payments/payouts/start-payouts.schedule.ts';

const env = environment();
const runtime = {
  ...createCardRuntime(env),
  workflows: workflows(),
  payStateMachineArn: env.require('PAY_STATE_MACHINE_ARN'),
};

export const handler = scheduleFunction(runtime, {
  'backfill-events': backfillEvents,
  'compare-card-money': compareCardMoney,
  'finish-refunds': finishRefunds,
  'top-up-automatically': topUpAutomatically,
  'request-daily-payouts': requestDailyPayouts,
  'start-payouts': startPayouts,
});

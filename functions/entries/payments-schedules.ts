/** Lambda `payments-schedules`: what happens to card money when time passes. */

import { environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { backfillEvents } from '../payments/backfill-events.schedule.ts';
import { createCardRuntime } from '../payments/card-runtime.ts';
import { compareCardMoney } from '../payments/compare-card-money.schedule.ts';
import { finishRefunds } from '../payments/finish-refunds.schedule.ts';
import { topUpAutomatically } from '../payments/top-up-automatically.schedule.ts';

export const handler = scheduleFunction(createCardRuntime(environment()), {
  'backfill-events': backfillEvents,
  'compare-card-money': compareCardMoney,
  'finish-refunds': finishRefunds,
  'top-up-automatically': topUpAutomatically,
});

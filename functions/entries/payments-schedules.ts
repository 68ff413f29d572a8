/** Lambda `payments-schedules`: what happens to card money when time passes. */

import { environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { backfillEvents } from '../payments/cards/backfill-events.schedule.ts';
import { createCardRuntime } from '../payments/cards/card-runtime.ts';
import { compareCardMoney } from '../payments/cards/compare-card-money.schedule.ts';
import { finishRefunds } from '../payments/cards/finish-refunds.schedule.ts';
import { topUpAutomatically } from '../payments/cards/top-up-automatically.schedule.ts';

export const handler = scheduleFunction(createCardRuntime(environment()), {
  'backfill-events': backfillEvents,
  'compare-card-money': compareCardMoney,
  'finish-refunds': finishRefunds,
  'top-up-automatically': topUpAutomatically,
});

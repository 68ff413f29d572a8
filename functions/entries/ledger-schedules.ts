/** Lambda `ledger-schedules`: the ledger's scheduled tasks. */
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { matureEarnings } from '../ledger/mature-earnings.schedule.ts';

export const handler = scheduleFunction(createRuntime(environment()), {
  'mature-earnings': matureEarnings,
});

/** Lambda `clusters-schedules`: expiry, hourly settlements, reconciliation, budgets. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { expireClusters } from '../clusters/expire-clusters.schedule.ts';
import { reconcileClusters } from '../clusters/reconcile-clusters.schedule.ts';
import { settleUsage } from '../clusters/settle-usage.schedule.ts';
import { watchBudgets } from '../clusters/watch-budgets.schedule.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';

const env = environment();

export const handler = scheduleFunction(
  {
    ...createRuntime(env),
    workflows: workflows(),
    provisionStateMachineArn: env.require('PROVISION_STATE_MACHINE_ARN'),
    releaseStateMachineArn: env.require('RELEASE_STATE_MACHINE_ARN'),
  },
  {
    'expire-clusters': expireClusters,
    'settle-usage': settleUsage,
    'reconcile-clusters': reconcileClusters,
    'watch-budgets': watchBudgets,
  },
);

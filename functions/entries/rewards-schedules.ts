/** Lambda `rewards-schedules`: what happens to epochs and rewards when time passes. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { releaseRewards } from '../rewards/close/release-rewards.schedule.ts';
import { startEpochs } from '../rewards/close/start-epochs.schedule.ts';
import { endCooldowns } from '../rewards/stakes/end-cooldowns.schedule.ts';

const env = environment();

export const handler = scheduleFunction(
  {
    ...createRuntime(env),
    workflows: workflows(),
    closeStateMachineArn: env.require('CLOSE_STATE_MACHINE_ARN'),
  },
  {
    'start-epochs': startEpochs,
    'release-rewards': releaseRewards,
    'end-cooldowns': endCooldowns,
  },
);

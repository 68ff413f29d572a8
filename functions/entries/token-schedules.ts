/** Lambda `token-schedules`: what happens to the token when time passes. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { startMint } from '../token/start-mint.schedule.ts';

const env = environment();
const runtime = {
  ...createRuntime(env),
  workflows: workflows(),
  mintStateMachineArn: env.require('MINT_STATE_MACHINE_ARN'),
};

export const handler = scheduleFunction(runtime, { 'start-mint': startMint });

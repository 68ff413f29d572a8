/** Lambda `rewards-close`: the steps of the state machine close-epoch. */
import { statements } from '../../shared/adapters/statements.ts';
import { credentialsOf } from '../kit/env.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { stepFunction } from '../kit/step.ts';
import { closeSteps } from '../rewards/close/steps.ts';

const env = environment();
const runtime = createRuntime(env);

export const handler = stepFunction(
  {
    ...runtime,
    statements: statements({
      url: env.require('STATEMENT_BUCKET_URL'),
      region: env.require('AWS_REGION'),
      credentials: credentialsOf(env),
      clock: { nowMs: () => runtime.clock.realMs() },
    }),
  },
  closeSteps,
);

/** Lambda `rewards-http`: the epochs, which are everybody's, and what one's own devices earn and have staked. */
import { statements } from '../../shared/adapters/statements.ts';
import { credentialsOf, keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { rewardRoutes } from '../rewards/routes.ts';
import { stakeRoutes } from '../rewards/stake-routes.ts';

const env = environment();
const runtime = createRuntime(env);

export const handler = httpFunction(
  {
    ...runtime,
    statements: statements({
      url: env.require('STATEMENT_BUCKET_URL'),
      region: env.require('AWS_REGION'),
      credentials: credentialsOf(env),
      clock: { nowMs: () => runtime.clock.realMs() },
    }),
  },
  [...rewardRoutes, ...stakeRoutes],
  { keyMode: keyModeOf(env) },
);

/** Lambda `clusters-http`: the endpoints of clusters and of agents. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { clusterRoutes } from '../clusters/routes.ts';
import { deviceAgentRoutes } from '../devices/agent-routes.ts';
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';

const env = environment();

export const handler = httpFunction(
  { ...createRuntime(env), workflows: workflows() },
  [...clusterRoutes, ...deviceAgentRoutes],
  { keyMode: keyModeOf(env) },
);

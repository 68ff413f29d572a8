/** Lambda `market-http`: the market endpoints. */
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { marketRoutes } from '../market/routes.ts';

const env = environment();

export const handler = httpFunction(createRuntime(env), marketRoutes, { keyMode: keyModeOf(env) });

/** Lambda `token-http`: the token's endpoints. */
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { tokenRoutes } from '../token/routes.ts';

const env = environment();

export const handler = httpFunction(createRuntime(env), tokenRoutes, { keyMode: keyModeOf(env) });

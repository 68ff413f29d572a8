/** Lambda `payments-http`: the payments endpoints. */
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { paymentsRoutes } from '../payments/routes.ts';

const env = environment();

export const handler = httpFunction(createRuntime(env), paymentsRoutes, {
  keyMode: keyModeOf(env),
});

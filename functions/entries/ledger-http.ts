/** Lambda `ledger-http`: the ledger's endpoints. */
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { ledgerRoutes } from '../ledger/routes.ts';

const env = environment();

export const handler = httpFunction(createRuntime(env), ledgerRoutes, { keyMode: keyModeOf(env) });

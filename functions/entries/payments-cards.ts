/** Lambda `payments-cards`: the endpoints that speak with the card provider. */
import { httpFunction } from '../kit/http.ts';
import { environment } from '../kit/runtime.ts';
import { cardRoutes } from '../payments/card-routes.ts';
import { createCardRuntime } from '../payments/cards/card-runtime.ts';

const runtime = createCardRuntime(environment());

export const handler = httpFunction(runtime, cardRoutes, { keyMode: runtime.keyMode });

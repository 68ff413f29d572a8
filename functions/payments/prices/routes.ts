/** The endpoint of token prices. */
import { emptySchema } from '../../../shared/core/wire.ts';
import { tokenPriceListSchema } from '../../../shared/payments/prices/token-price-schemas.ts';
import { type Route, route } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { listTokenPrices } from './list-token-prices.ts';

export const priceRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'listTokenPrices',
    method: 'GET',
    path: '/v1/token-prices',
    summary: 'Shows what IO and USDC are worth to the platform now, and why not if they are not.',
    authentication: 'key',
    scope: 'payments:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: tokenPriceListSchema,
    status: 200,
    errors: [],
    handle: listTokenPrices,
  }),
];

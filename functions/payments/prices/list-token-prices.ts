/** GET /v1/token-prices: what IO and USDC are worth to the platform now, and why not if they are not. */
import { toList } from '../../../shared/core/wire.ts';
import { listPriceSamples } from '../../../shared/payments/prices/price-store.ts';
import {
  ioPriceToJson,
  usdcPriceToJson,
} from '../../../shared/payments/prices/token-price-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listTokenPrices = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
) => {
  const [io, usdc] = await Promise.all([
    listPriceSamples(needs.database, 'io'),
    listPriceSamples(needs.database, 'usdc'),
  ]);
  return toList([ioPriceToJson(io, call.nowMs), usdcPriceToJson(usdc, call.nowMs)], undefined);
};

/** GET /v1/prices: what the organisation's devices cost, for every model of the catalogue. */
import { toList } from '../../shared/core/wire.ts';
import { priceTable } from '../../shared/market/price.ts';
import { listPrices as listOwnPrices } from '../../shared/market/price-store.ts';
import { priceToJson } from '../../shared/market/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listPrices = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
) => {
  const own = await listOwnPrices(needs.database, call.caller.organisationId);
  return toList(priceTable(own).map(priceToJson), undefined);
};

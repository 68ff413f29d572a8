/** GET /v1/ledger/io-demand: the IO behind all payments of one month. */
import type * as z from 'zod';
import { getDemand } from '../../shared/ledger/io-demand-store.ts';
import { ioDemandToJson, type monthQuerySchema } from '../../shared/ledger/schemas.ts';
import type { Month } from '../../shared/ledger/statement.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const getIoDemand = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, z.output<typeof monthQuerySchema>, unknown>,
) => {
  const month = call.query.month as Month;
  return ioDemandToJson(month, await getDemand(needs.database, month));
};

/** GET /v1/supplier: how the organisation presents its selling side. */
import { supplierToJson } from '../../shared/devices/schemas.ts';
import { getSupplier } from '../../shared/devices/supplier-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const getOwnSupplier = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
) => {
  const { organisationId } = call.caller;
  return supplierToJson(organisationId, await getSupplier(needs.database, organisationId));
};

/** PATCH /v1/supplier: changes the parts of the profile that are named; null clears one. */
import type * as z from 'zod';
import { type changeSupplierSchema, supplierToJson } from '../../shared/devices/schemas.ts';
import { changeSupplier, getSupplier } from '../../shared/devices/supplier-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const changeOwnSupplier = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, z.output<typeof changeSupplierSchema>>,
) => {
  const { organisationId } = call.caller;
  const { display_name, contact_email } = call.body;
  const changes = {
    ...(display_name === undefined ? {} : { displayName: display_name }),
    ...(contact_email === undefined ? {} : { contactEmail: contact_email }),
  };
  if (Object.keys(changes).length > 0) {
    await needs.database.write(changeSupplier(organisationId, changes));
  }
  return supplierToJson(organisationId, await getSupplier(needs.database, organisationId));
};

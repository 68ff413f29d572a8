/** PUT /v1/billing-details: sets the buyer of the invoices that are made from now on. */
import type * as z from 'zod';
import {
  billingDetailsToJson,
  partyFromJson,
  type partySchema,
} from '../../../shared/payments/invoices/billing-schemas.ts';
import { putBillingDetails } from '../../../shared/payments/invoices/billing-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const setBillingDetails = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, z.output<typeof partySchema>>,
) => {
  const details = partyFromJson(call.body);
  await needs.database.write(putBillingDetails(call.caller.organisationId, details, call.nowMs));
  return billingDetailsToJson({ details, updatedAtMs: call.nowMs });
};

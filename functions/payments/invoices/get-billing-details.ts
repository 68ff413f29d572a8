/** GET /v1/billing-details: who stands on the organisation's invoices as the buyer. */
import { billingDetailsToJson } from '../../../shared/payments/invoices/billing-schemas.ts';
import { getBillingDetails as get } from '../../../shared/payments/invoices/billing-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getBillingDetails = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
) => billingDetailsToJson(await get(needs.database, call.caller.organisationId));

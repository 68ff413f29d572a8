/** GET /v1/invoices/{invoice_id}: one invoice of the organisation. */

import { invoiceToJson } from '../../../shared/payments/invoices/invoice-schemas.ts';
import { requireInvoice } from '../../../shared/payments/invoices/invoice-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getInvoice = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly invoice_id: string }, unknown, unknown>,
) => {
  const { organisationId } = call.caller;
  const invoice = await requireInvoice(needs.database, organisationId, call.params.invoice_id);
  return invoiceToJson(invoice);
};

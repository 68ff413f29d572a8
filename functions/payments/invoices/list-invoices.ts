/** GET /v1/invoices: the organisation's invoices, newest cluster first. */
import { toList } from '../../../shared/core/wire.ts';
import { invoiceToJson } from '../../../shared/payments/invoices/invoice-schemas.ts';
import { listInvoicesByOrganisation } from '../../../shared/payments/invoices/invoice-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

type Query = { readonly limit: number; readonly cursor?: string | undefined };

export const listInvoices = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, Query, unknown>,
) => {
  const { organisationId } = call.caller;
  const page = await listInvoicesByOrganisation(needs.database, organisationId, call.query);
  return toList(page.invoices.map(invoiceToJson), page.next);
};

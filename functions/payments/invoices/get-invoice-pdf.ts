/** GET /v1/invoices/{invoice_id}/pdf: the invoice as a document; the same bytes every time. */
import { renderInvoice } from '../../../shared/payments/invoices/invoice-pdf.ts';
import { requireInvoice } from '../../../shared/payments/invoices/invoice-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getInvoicePdf = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly invoice_id: string }, unknown, unknown>,
): Promise<Uint8Array> => {
  const { organisationId } = call.caller;
  return renderInvoice(
    await requireInvoice(needs.database, organisationId, call.params.invoice_id),
  );
};

/**
 * Issues the invoice of a cluster that ran, after its final settlement. Idempotent: the invoice that is
 * there stays.
 */
import { assert } from '../../shared/core/assert.ts';
import { type Database, WriteRefused } from '../../shared/core/database.ts';
import { getHold, listTransfersByCluster } from '../../shared/ledger/ledger-store.ts';
import { type Invoice, type InvoiceInput, planInvoice } from '../../shared/payments/invoice.ts';
import { putInvoice } from '../../shared/payments/invoice-store.ts';

/** A BugError while the hold is not closed, or when the lines and the transfers disagree. */
export const issueInvoice = async (
  needs: { readonly database: Database },
  input: Omit<InvoiceInput, 'settlements'>,
): Promise<Invoice> => {
  const { clusterId } = input.cluster;
  const hold = await getHold(needs.database, clusterId);
  assert(hold?.state === 'closed', `an invoice before the final settlement of ${clusterId}`);
  const settlements = await listTransfersByCluster(needs.database, clusterId, hold.n);
  const invoice = planInvoice({ ...input, settlements });
  try {
    await needs.database.write(putInvoice(invoice));
  } catch (error) {
    if (!(error instanceof WriteRefused && error.failedAt(0))) throw error;
  }
  return invoice;
};

/**
 * Issues the invoice of a cluster that ran, after its final settlement. Idempotent: the invoice that is
 * there stays. Its number and the invoice are one transaction, so the numbers of a year have no gap and
 * none is given twice.
 */
import { assert } from '../../../shared/core/assert.ts';
import { getHold, listTransfersByCluster } from '../../../shared/ledger/ledger-store.ts';
import type { Invoicing } from '../../../shared/payments/invoices/billing.ts';
import { getBillingDetails } from '../../../shared/payments/invoices/billing-store.ts';
import {
  type Invoice,
  type InvoiceInput,
  invoiceIdOf,
  planInvoice,
} from '../../../shared/payments/invoices/invoice.ts';
import { getInvoice, putInvoice } from '../../../shared/payments/invoices/invoice-store.ts';
import { getLastNumber, takeNumber } from '../../../shared/payments/invoices/number-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';

export type InvoiceRuntime = CommitRuntime & { readonly invoicing: Invoicing };

/** Many clusters may end in one moment, and each takes the next number. */
const attemptsMax = 30;

/** A BugError while the hold is not closed, or when the lines and the transfers disagree. */
export const issueInvoice = (
  needs: InvoiceRuntime,
  input: Omit<InvoiceInput, 'settlements' | 'lastNumber' | 'buyer' | 'invoicing'>,
): Promise<Invoice> =>
  retryRefused(
    needs,
    async () => {
      const { database, invoicing } = needs;
      const { clusterId, organisation } = input.cluster;
      const issued = await getInvoice(database, invoiceIdOf(clusterId));
      if (issued) return issued;
      const hold = await getHold(database, clusterId);
      assert(hold?.state === 'closed', `an invoice before the final settlement of ${clusterId}`);
      const settlements = await listTransfersByCluster(database, clusterId, hold.n);
      const buyer = (await getBillingDetails(database, organisation))?.details ?? null;
      const lastNumber = await getLastNumber(database, input.issuedAtMs);
      const invoice = planInvoice({ ...input, settlements, lastNumber, buyer, invoicing });
      await commit(needs, [putInvoice(invoice), takeNumber(invoice.issuedAtMs, lastNumber)]);
      return invoice;
    },
    attemptsMax,
  );

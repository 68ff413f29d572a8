/** Keys of the payments table. */
import type { Key } from '../core/database.ts';

export const invoiceKey = (invoiceId: string): Key => ({ pk: `INV#${invoiceId}`, sk: 'INVOICE' });

/** Where index `by_owner` lists an organisation's invoices; ids sort by the clusters' time. */
export const invoiceOwnerKey = (invoiceId: string): string => `${invoiceOwnerPrefix}${invoiceId}`;

export const invoiceOwnerPrefix = 'invoice#';

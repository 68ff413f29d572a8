/** The payments endpoints: invoices. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, pageQuery } from '../../shared/core/wire.ts';
import { invoiceListSchema, invoiceSchema } from '../../shared/payments/schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { getInvoice } from './get-invoice.ts';
import { listInvoices } from './list-invoices.ts';

export const paymentsRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'listInvoices',
    method: 'GET',
    path: '/v1/invoices',
    summary: "Lists the organisation's invoices, newest cluster first.",
    authentication: 'key',
    scope: 'invoices:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: invoiceListSchema,
    status: 200,
    errors: [],
    handle: listInvoices,
  }),
  route({
    name: 'getInvoice',
    method: 'GET',
    path: '/v1/invoices/{invoice_id}',
    summary: 'Shows one invoice.',
    authentication: 'key',
    scope: 'invoices:read',
    params: z.strictObject({ invoice_id: idSchema('inv') }),
    query: emptySchema,
    body: emptySchema,
    answer: invoiceSchema,
    status: 200,
    errors: ['invoice.not_found'],
    handle: getInvoice,
  }),
];

/** The payments endpoints: budgets and invoices. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, pageQuery } from '../../shared/core/wire.ts';
import {
  budgetListSchema,
  budgetSchema,
  createBudgetSchema,
  deletedBudgetSchema,
  spendForecastSchema,
  updateBudgetSchema,
} from '../../shared/payments/budget-schemas.ts';
import { invoiceListSchema, invoiceSchema } from '../../shared/payments/schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createBudget } from './create-budget.ts';
import { deleteBudget } from './delete-budget.ts';
import { getBudget } from './get-budget.ts';
import { getInvoice } from './get-invoice.ts';
import { getSpendForecast } from './get-spend-forecast.ts';
import { listBudgets } from './list-budgets.ts';
import { listInvoices } from './list-invoices.ts';
import { updateBudget } from './update-budget.ts';

const oneBudget = z.strictObject({ budget_id: idSchema('bud') });

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
  route({
    name: 'createBudget',
    method: 'POST',
    path: '/v1/budgets',
    summary: 'Limits what the organisation, an API key or a cluster may spend.',
    authentication: 'key',
    scope: 'budgets:write',
    params: emptySchema,
    query: emptySchema,
    body: createBudgetSchema,
    answer: budgetSchema,
    status: 201,
    errors: ['budget.exists', 'identity.not_found', 'cluster.not_found'],
    handle: createBudget,
  }),
  route({
    name: 'listBudgets',
    method: 'GET',
    path: '/v1/budgets',
    summary: "Lists the organisation's budgets and what is used of them.",
    authentication: 'key',
    scope: 'budgets:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: budgetListSchema,
    status: 200,
    errors: [],
    handle: listBudgets,
  }),
  // Before the route of one budget, whose path would take it.
  route({
    name: 'getSpendForecast',
    method: 'GET',
    path: '/v1/budgets/forecast',
    summary: 'Shows what is spent per hour now, how long the credit lasts, and the month.',
    authentication: 'key',
    scope: 'budgets:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: spendForecastSchema,
    status: 200,
    errors: [],
    handle: getSpendForecast,
  }),
  route({
    name: 'getBudget',
    method: 'GET',
    path: '/v1/budgets/{budget_id}',
    summary: 'Shows one budget and what is used of it.',
    authentication: 'key',
    scope: 'budgets:read',
    params: oneBudget,
    query: emptySchema,
    body: emptySchema,
    answer: budgetSchema,
    status: 200,
    errors: ['budget.not_found'],
    handle: getBudget,
  }),
  route({
    name: 'updateBudget',
    method: 'PATCH',
    path: '/v1/budgets/{budget_id}',
    summary: 'Changes the limits of a budget; clusters stop when they reach a lower one.',
    authentication: 'key',
    scope: 'budgets:write',
    params: oneBudget,
    query: emptySchema,
    body: updateBudgetSchema,
    answer: budgetSchema,
    status: 200,
    errors: ['budget.not_found'],
    handle: updateBudget,
  }),
  route({
    name: 'deleteBudget',
    method: 'DELETE',
    path: '/v1/budgets/{budget_id}',
    summary: 'Takes a budget away.',
    authentication: 'key',
    scope: 'budgets:write',
    params: oneBudget,
    query: emptySchema,
    body: emptySchema,
    answer: deletedBudgetSchema,
    status: 200,
    errors: ['budget.not_found'],
    handle: deleteBudget,
  }),
];

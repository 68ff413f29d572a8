/** The ledger's endpoints: balances, transfers, statements, and the operator's grants. */
import * as z from 'zod';
import { emptySchema, octetsSchema, pageQuery } from '../../shared/core/wire.ts';
import {
  balancesSchema,
  createGrantSchema,
  grantSchema,
  statementCsvQuerySchema,
  statementQuerySchema,
  statementSchema,
  transferListSchema,
} from '../../shared/ledger/schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createGrant } from './create-grant.ts';
import { getBalances } from './get-balances.ts';
import { getStatement } from './get-statement.ts';
import { getStatementCsv } from './get-statement-csv.ts';
import { listTransfers } from './list-transfers.ts';

export const ledgerRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'getBalances',
    method: 'GET',
    path: '/v1/ledger/balances',
    summary: "Shows the organisation's credit, holds, debt and earnings.",
    authentication: 'key',
    scope: 'ledger:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: balancesSchema,
    status: 200,
    errors: [],
    handle: getBalances,
  }),
  route({
    name: 'listTransfers',
    method: 'GET',
    path: '/v1/ledger/transfers',
    summary: "Lists what moved on the organisation's accounts, newest first, some seconds late.",
    authentication: 'key',
    scope: 'ledger:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: transferListSchema,
    status: 200,
    errors: [],
    handle: listTransfers,
  }),
  route({
    name: 'getStatement',
    method: 'GET',
    path: '/v1/ledger/statement',
    summary: 'Shows one month: opening, transfers, closing.',
    authentication: 'key',
    scope: 'ledger:read',
    params: emptySchema,
    query: statementQuerySchema,
    body: emptySchema,
    answer: statementSchema,
    status: 200,
    errors: [],
    handle: getStatement,
  }),
  route({
    name: 'getStatementCsv',
    method: 'GET',
    path: '/v1/ledger/statement.csv',
    summary: "Shows one month's transfers as CSV, a row for each leg, oldest first.",
    authentication: 'key',
    scope: 'ledger:read',
    params: emptySchema,
    query: statementCsvQuerySchema,
    body: emptySchema,
    answer: octetsSchema,
    answerType: 'text/csv; charset=utf-8',
    status: 200,
    errors: ['ledger.statement_too_long'],
    handle: getStatementCsv,
  }),
  route({
    name: 'createGrant',
    method: 'POST',
    path: '/v1/ledger/grants',
    summary: 'Gives an organisation credit. For the operator.',
    authentication: 'key',
    scope: 'ledger:grant',
    idempotencyKeyRequired: true,
    params: emptySchema,
    query: emptySchema,
    body: createGrantSchema,
    answer: grantSchema,
    status: 201,
    errors: ['identity.not_found'],
    handle: createGrant,
  }),
];

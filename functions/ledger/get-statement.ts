/** GET /v1/ledger/statement: one month of the organisation, from its opening to its closing. */
import type * as z from 'zod';
import { toList } from '../../shared/core/wire.ts';
import {
  lineToJson,
  type statementQuerySchema,
  totalsToJson,
} from '../../shared/ledger/schemas.ts';
import { addTotals, type Month } from '../../shared/ledger/statement.ts';
import { listStatementLines, sumBefore, sumOfMonth } from '../../shared/ledger/statement-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

type Query = z.output<typeof statementQuerySchema>;

export const getStatement = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, Query, unknown>,
) => {
  const { organisationId } = call.caller;
  const { limit, cursor } = call.query;
  const month = call.query.month as Month;
  const page = await listStatementLines(needs.database, organisationId, { month, limit, cursor });
  const opening = await sumBefore(needs.database, organisationId, month, call.nowMs);
  const during = await sumOfMonth(needs.database, organisationId, month, call.nowMs);
  return {
    object: 'statement' as const,
    month,
    opening: totalsToJson(opening),
    closing: totalsToJson(addTotals(opening, during)),
    lines: toList(page.lines.map(lineToJson), page.next),
  };
};

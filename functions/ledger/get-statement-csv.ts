/** GET /v1/ledger/statement.csv: a month of the organisation for a spreadsheet, all of it at once. */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import type { monthQuerySchema } from '../../shared/ledger/schemas.ts';
import type { Month, StatementLine } from '../../shared/ledger/statement.ts';
import { statementToCsv } from '../../shared/ledger/statement-csv.ts';
import { listStatementLines } from '../../shared/ledger/statement-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

const linesPerPage = 1000;
/** Some 20,000 transfers are 3 MB, half of what an answer may weigh. */
const pagesMax = 20;

export const getStatementCsv = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, z.output<typeof monthQuerySchema>, unknown>,
): Promise<Uint8Array> => {
  const lines: StatementLine[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const found = await listStatementLines(needs.database, call.caller.organisationId, {
      month: call.query.month as Month,
      limit: linesPerPage,
      cursor,
    });
    lines.push(...found.lines);
    cursor = found.next;
    if (cursor === undefined) return new TextEncoder().encode(statementToCsv(lines));
  }
  throw new AppError('ledger.statement_too_long');
};

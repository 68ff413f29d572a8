/** GET /v1/ledger/transfers: what moved on the organisation's accounts, newest first. */
import { toList } from '../../shared/core/wire.ts';
import { lineToJson } from '../../shared/ledger/schemas.ts';
import { listStatementLines } from '../../shared/ledger/statement-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

type Query = { readonly limit: number; readonly cursor?: string | undefined };

export const listTransfers = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, Query, unknown>,
) => {
  const { organisationId } = call.caller;
  const page = await listStatementLines(needs.database, organisationId, call.query);
  return toList(page.lines.map(lineToJson), page.next);
};

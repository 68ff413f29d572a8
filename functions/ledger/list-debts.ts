/** GET /v1/ledger/debts: who owes the platform, for the operator. */
import { toList } from '../../shared/core/wire.ts';
import { debtToJson } from '../../shared/ledger/debt-schemas.ts';
import { listOwing } from '../../shared/ledger/ledger-store.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listDebts = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { debts, next } = await listOwing(needs.database, call.query);
  return toList(debts.map(debtToJson), next);
};

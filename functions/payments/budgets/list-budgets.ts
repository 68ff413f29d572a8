/** GET /v1/budgets: the organisation's budgets, with what is used of them. */
import { toList } from '../../../shared/core/wire.ts';
import { budgetToJson } from '../../../shared/payments/budgets/budget-schemas.ts';
import { listBudgets as list } from '../../../shared/payments/budgets/budget-store.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { withCounters } from './load-budget.ts';

export const listBudgets = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await list(needs.database, call.caller.organisationId, call.query);
  const spendings = await Promise.all(
    page.spendings.map((spending) => withCounters(needs.database, spending)),
  );
  return toList(
    spendings.map((spending) => budgetToJson(spending, call.nowMs)),
    page.next,
  );
};

/** GET /v1/budgets/{budget_id}: one budget of the organisation, with what is used of it. */
import { budgetToJson } from '../../../shared/payments/budgets/budget-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { requireBudget } from './load-budget.ts';

export const getBudget = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly budget_id: string }, unknown, unknown>,
) => {
  const { organisationId } = call.caller;
  const spending = await requireBudget(needs.database, organisationId, call.params.budget_id);
  return budgetToJson(spending, call.nowMs);
};

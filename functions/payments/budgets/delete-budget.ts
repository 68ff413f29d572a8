/** DELETE /v1/budgets/{budget_id}: takes a budget away; what was counted stays counted for the next one. */
import { removeBudget } from '../../../shared/payments/budgets/budget-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';
import { requireBudget } from './load-budget.ts';

export const deleteBudget = (
  needs: CommitRuntime,
  call: Call<'key', { readonly budget_id: `bud_${string}` }, unknown, unknown>,
) =>
  retryRefused(needs, async () => {
    const { budget_id: id } = call.params;
    const spending = await requireBudget(needs.database, call.caller.organisationId, id);
    await commit(needs, [removeBudget(spending)]);
    return { id, object: 'budget' as const, deleted: true as const };
  });

/** PATCH /v1/budgets/{budget_id}: changes limits; what runs above a lower one is stopped when it reaches it. */
import type * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Budget } from '../../../shared/payments/budgets/budget.ts';
import {
  budgetToJson,
  type updateBudgetSchema,
} from '../../../shared/payments/budgets/budget-schemas.ts';
import { putBudget } from '../../../shared/payments/budgets/budget-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';
import { requireBudget } from './load-budget.ts';

type Body = z.output<typeof updateBudgetSchema>;

export const updateBudget = (
  needs: CommitRuntime,
  call: Call<'key', { readonly budget_id: string }, unknown, Body>,
) =>
  retryRefused(needs, async () => {
    const { organisationId } = call.caller;
    const asRead = await requireBudget(needs.database, organisationId, call.params.budget_id);
    const before = present(asRead.budget, 'a target without its budget');
    const { hourly_limit: hourly, monthly_limit: monthly } = call.body;
    const budget: Budget = {
      ...before,
      hourlyUnits: changed(before.hourlyUnits, hourly),
      monthlyUnits: changed(before.monthlyUnits, monthly),
      updatedAtMs: call.nowMs,
    };
    if (budget.hourlyUnits === null && budget.monthlyUnits === null) {
      throw new AppError('request.malformed', {
        fields: [{ pointer: '', message: 'A budget keeps one limit; DELETE takes it away whole.' }],
      });
    }
    await commit(needs, putBudget(asRead, budget));
    return budgetToJson({ ...asRead, budget }, call.nowMs);
  });

/** Left out, a limit stays; null takes it away. */
const changed = (
  before: bigint | null,
  limit: { readonly amount: string } | null | undefined,
): bigint | null => {
  if (limit === undefined) return before;
  return limit && BigInt(limit.amount);
};

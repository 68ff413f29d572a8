/**
 * POST /v1/budgets: limits what an organisation, an API key or a cluster may spend. What was spent before
 * counts; what runs above the new limit is stopped when it reaches it.
 */
import type * as z from 'zod';
import type { Write } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { getApiKeyById } from '../../../shared/identity/api-key-store.ts';
import {
  type Budget,
  type BudgetTarget,
  budgetIdOf,
  scopeOf,
} from '../../../shared/payments/budgets/budget.ts';
import {
  budgetToJson,
  type createBudgetSchema,
} from '../../../shared/payments/budgets/budget-schemas.ts';
import { getSpending, putBudget } from '../../../shared/payments/budgets/budget-store.ts';
import {
  checkCommitment,
  getCommitment,
} from '../../../shared/payments/budgets/commitment-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';
import { withCounters } from './load-budget.ts';

type Body = z.output<typeof createBudgetSchema>;

export const createBudget = (
  needs: CommitRuntime,
  call: Call<'key', unknown, unknown, Body>,
): Promise<ReturnType<typeof budgetToJson>> =>
  retryRefused(needs, async () => {
    const { organisationId } = call.caller;
    const targetId = call.body.api_key_id ?? call.body.cluster_id ?? organisationId;
    await requireTarget(needs, organisationId, targetId);
    const asRead = await getSpending(needs.database, targetId);
    const { hourly_limit: hourly, monthly_limit: monthly } = call.body;
    const budget: Budget = {
      id: budgetIdOf(targetId),
      organisationId,
      targetId,
      hourlyUnits: hourly ? BigInt(hourly.amount) : null,
      monthlyUnits: monthly ? BigInt(monthly.amount) : null,
      createdAtMs: call.nowMs,
      updatedAtMs: call.nowMs,
    };
    if (asRead.budget) {
      // The same limits are the same wish: a repeat, or an attempt whose answer was lost.
      if (!hasLimits(asRead.budget, budget)) {
        throw new AppError('budget.exists', { extra: { budget_id: budget.id } });
      }
    } else {
      await commit(needs, [...putBudget(asRead, budget), ...stillOpen(targetId)]);
    }
    const made = asRead.budget ? asRead : { ...asRead, version: asRead.version + 1, budget };
    return budgetToJson(await withCounters(needs.database, made), call.nowMs);
  });

const hasLimits = (budget: Budget, wished: Budget): boolean =>
  budget.hourlyUnits === wished.hourlyUnits && budget.monthlyUnits === wished.monthlyUnits;

/** A cluster's budget is made while its hold is open, and ends with it. */
const stillOpen = (targetId: BudgetTarget): readonly Write[] =>
  scopeOf(targetId) === 'cluster' ? [checkCommitment(targetId)] : [];

/** `identity.not_found` or `cluster.not_found` where the target is not the organisation's. */
const requireTarget = async (
  { database }: CommitRuntime,
  organisationId: string,
  targetId: BudgetTarget,
): Promise<void> => {
  const scope = scopeOf(targetId);
  if (scope === 'api_key') {
    const key = await getApiKeyById(database, targetId);
    if (key?.organisationId !== organisationId) throw new AppError('identity.not_found');
  }
  if (scope === 'cluster') {
    const commitment = await getCommitment(database, targetId);
    if (commitment?.organisationId !== organisationId) {
      throw new AppError('cluster.not_found', {
        message: 'There is no such cluster that still spends anything.',
      });
    }
  }
};

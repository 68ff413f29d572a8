/** Reads a target with what counts against it, wherever that is counted. */
import type { Database } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import {
  type Spending,
  scopeOf,
  spendingOfCluster,
} from '../../../shared/payments/budgets/budget.ts';
import { findBudget } from '../../../shared/payments/budgets/budget-store.ts';
import { getCommitment } from '../../../shared/payments/budgets/commitment-store.ts';

/** With the counters of its commitment, where the target is a cluster. */
export const withCounters = async (database: Database, spending: Spending): Promise<Spending> => {
  if (scopeOf(spending.targetId) !== 'cluster') return spending;
  return spendingOfCluster(spending, await getCommitment(database, spending.targetId));
};

/** The organisation's budget, or `budget.not_found`: somebody else's looks like an unknown one. */
export const requireBudget = async (
  database: Database,
  organisationId: string,
  budgetId: string,
): Promise<Spending> => {
  const spending = await findBudget(database, organisationId, budgetId);
  if (!spending) throw new AppError('budget.not_found');
  return withCounters(database, spending);
};

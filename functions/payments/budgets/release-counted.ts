/**
 * What stands beside the write that closes or voids a cluster's hold: its commitment is taken out, and its
 * budgets count what was spent instead of what was reserved.
 */
import type { Database, Write } from '../../../shared/core/database.ts';
import { releaseCommitment } from '../../../shared/payments/budgets/budget-store.ts';
import type { Spent } from '../../../shared/payments/budgets/commitment.ts';
import {
  getCommitment,
  takeCommitment,
} from '../../../shared/payments/budgets/commitment-store.ts';

/** Nothing for a hold that was taken before there were budgets. `spent` undefined: it never ran. */
export const releaseCounted = async (
  database: Database,
  ending: { readonly clusterId: string; readonly spent: Spent | undefined },
): Promise<readonly Write[]> => {
  const commitment = await getCommitment(database, ending.clusterId);
  if (!commitment) return [];
  return [takeCommitment(ending.clusterId), ...releaseCommitment(commitment, ending.spent)];
};

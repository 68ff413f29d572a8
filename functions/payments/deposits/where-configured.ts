/** Schedules of the chain run from the start; until the operator has stored what they need, they do nothing. */
import { AppError } from '../../../shared/core/errors.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';

export const whereConfigured = async (task: () => Promise<TaskOutcome>): Promise<TaskOutcome> => {
  try {
    return await task();
  } catch (error) {
    if (error instanceof AppError && error.code === 'solana.not_configured') {
      return { done: 0, failed: 0 };
    }
    throw error;
  }
};

/**
 * Reads the histories because of a hint. Should that come to nothing, the run of the next minute does it: no hint
 * is worth a second try.
 */
import * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { pollDeposits } from './poll-deposits.schedule.ts';

export const hintMessage = z.strictObject({ poll: z.literal(true) });

export const followHint = async (needs: DepositNeeds): Promise<void> => {
  try {
    await pollDeposits(needs);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    needs.log.warn('deposits.hint_failed', { error });
  }
};

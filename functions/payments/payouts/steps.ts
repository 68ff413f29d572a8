/** The steps of the workflow `pay-suppliers`, by the names that it calls them. */
import type { LaneStepInput, Step } from '../../kit/step.ts';
import { followBatchStep } from './follow-batch.step.ts';
import { openBatchStep } from './open-batch.step.ts';
import type { PayoutNeeds } from './payout-needs.ts';
import { postBatchStep } from './post-batch.step.ts';
import { sendBatchStep } from './send-batch.step.ts';
import { signBatchStep } from './sign-batch.step.ts';

export const payoutSteps: Readonly<Record<string, Step<PayoutNeeds, LaneStepInput>>> = {
  'open-batch': openBatchStep,
  'sign-batch': signBatchStep,
  'send-batch': sendBatchStep,
  'follow-batch': followBatchStep,
  'post-batch': postBatchStep,
};

/** From payouts that wait to payouts that are posted: one batch of one lane. */
import { sendingWorkflow } from '../constructs/sending-workflow.ts';
import type { WorkflowDefinition } from '../constructs/workflow-states.ts';

/** Input: `{ lane_id }`. `functionArn` is payments-payouts. */
export const paySuppliers = (functionArn: string): WorkflowDefinition =>
  sendingWorkflow({
    functionArn,
    comment: 'Pays suppliers out: one batch of one lane, from the queue to the ledger.',
    noun: 'batch',
    subject: 'lane_id',
    failure: {
      error: 'PayoutsBroke',
      cause: 'A step threw. Nothing is lost: start-payouts begins another execution.',
    },
  });

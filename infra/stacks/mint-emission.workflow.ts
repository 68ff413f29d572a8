/** From what a day of rewards released to its mint on the chain, and from an ordered genesis to the own mint. */
import { sendingWorkflow } from '../constructs/sending-workflow.ts';
import type { WorkflowDefinition } from '../constructs/workflow-states.ts';

/** Input: `{ mint_id }`, the mint's address. `functionArn` is token-mint. */
export const mintEmission = (functionArn: string): WorkflowDefinition =>
  sendingWorkflow({
    functionArn,
    comment: 'Mints IO: genesis, or what the hours of the next day released.',
    noun: 'mint',
    subject: 'mint_id',
    failure: {
      error: 'MintBroke',
      cause: 'A step threw. Nothing is lost: start-mint begins another execution.',
    },
  });

/**
 * From payouts that wait to payouts that are posted: one batch of one lane. Sign it, send it, look until it is
 * finalized or proven dead, post it. Every step looks at what is stored, so an execution may begin at any
 * point of a batch's life, and two of them do no harm.
 */
import { call, type TaskState, type WorkflowDefinition } from '../constructs/workflow-states.ts';

/** Seconds between two looks at a transaction. */
const lookSeconds = 2;

/** Where each outcome leads; any other ends the execution: nothing to do, or nothing that may be done now. */
const leadsTo: Readonly<Record<string, string>> = {
  open: 'SignBatch',
  again: 'SignBatch',
  signed: 'SendBatch',
  pending: 'SendBatch',
  sent: 'Look',
  landed: 'PostBatch',
  moved: 'OpenBatch',
};

/** Input: `{ lane_id }`. `functionArn` is payments-payouts. */
export const paySuppliers = (functionArn: string): WorkflowDefinition => {
  const step = (name: string): TaskState =>
    call({
      functionArn,
      step: name,
      subject: 'lane_id',
      timeoutSeconds: 120,
      retriesMax: 6,
      next: 'ChooseNext',
      onError: { 'States.ALL': 'Fail' },
    });
  return {
    Comment: 'Pays suppliers out: one batch of one lane, from the queue to the ledger.',
    QueryLanguage: 'JSONata',
    StartAt: 'OpenBatch',
    TimeoutSeconds: 1800,
    States: {
      OpenBatch: step('open-batch'),
      SignBatch: step('sign-batch'),
      SendBatch: step('send-batch'),
      Look: { Type: 'Wait', Seconds: lookSeconds, Next: 'FollowBatch' },
      FollowBatch: step('follow-batch'),
      PostBatch: step('post-batch'),
      ChooseNext: {
        Type: 'Choice',
        Choices: Object.entries(leadsTo).map(([outcome, Next]) => ({
          Condition: `{% $states.input.outcome = '${outcome}' %}`,
          Next,
        })),
        Default: 'Settle',
      },
      Settle: { Type: 'Succeed' },
      Fail: {
        Type: 'Fail',
        Error: 'PayoutsBroke',
        Cause: 'A step threw. Nothing is lost: start-payouts begins another execution.',
      },
    },
  };
};

/**
 * From an hour that is over to one that is rewarded: fix what is known of all devices, split, verify, commit,
 * post, publish, and the next hour if it is over, too. Every step looks at what is stored, so an execution may
 * begin at any point of an hour's closing, and two of them do no harm. Names and numbers pass through, never
 * rows: those stand in objects.
 */
import {
  call,
  callForEach,
  type TaskState,
  type WorkflowDefinition,
} from '../constructs/workflow-states.ts';

/** Where each outcome leads; any other ends the execution: nothing is over, or nothing that can be closed. */
const leadsTo: Readonly<Record<string, string>> = {
  opened: 'Snapshot',
  split: 'VerifyEpoch',
  verified: 'CommitEpoch',
  short: 'SplitEpoch',
  committed: 'Post',
  published: 'OpenEpoch',
};

const epochOf = { epoch_id: '{% $states.result.Payload.epoch_id %}' };
const named = { output_hash: '{% $states.input.output_hash %}' };

/** `functionArn` is rewards-close; `atOnceMax`: so many of its calls side by side. */
export const closeEpoch =
  (atOnceMax: number) =>
  (functionArn: string): WorkflowDefinition => {
    const common = {
      functionArn,
      subject: 'epoch_id' as const,
      timeoutSeconds: 310,
      retriesMax: 6,
      onError: { 'States.ALL': 'Fail' },
    };
    const step = (name: string, payload: Readonly<Record<string, string>> = {}): TaskState =>
      call({ ...common, step: name, payload, next: 'ChooseNext' });
    return {
      Comment: 'Closes reward hours, one after the other, until none is left that is over.',
      QueryLanguage: 'JSONata',
      StartAt: 'OpenEpoch',
      TimeoutSeconds: 3600,
      States: {
        // It chooses the hour: nobody named one.
        OpenEpoch: call({
          ...common,
          step: 'open-epoch',
          payload: { epoch_id: '' },
          assign: epochOf,
          next: 'ChooseNext',
        }),
        Snapshot: callForEach({
          ...common,
          atOnceMax,
          step: 'snapshot-shard',
          state: 'SnapshotShard',
          next: 'SplitEpoch',
        }),
        SplitEpoch: step('split-epoch'),
        VerifyEpoch: step('verify-epoch', named),
        CommitEpoch: step('commit-epoch', named),
        Post: callForEach({
          ...common,
          atOnceMax: Math.min(4, atOnceMax),
          step: 'post-rewards',
          state: 'PostRewards',
          next: 'PublishEpoch',
        }),
        PublishEpoch: step('publish-epoch'),
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
          Error: 'ClosingBroke',
          Cause: 'A step threw. Nothing is lost: start-epochs begins another execution.',
        },
      },
    };
  };

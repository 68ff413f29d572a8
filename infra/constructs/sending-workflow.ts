/**
 * How a transaction of the treasury goes from what is to be done to what is posted: open it, sign it, send it,
 * look until it is finalized or proven dead, post it. Every step looks at what is stored, so an execution may
 * begin at any point, and two of them do no harm.
 */
import {
  call,
  type TaskState,
  type WorkflowDefinition,
  type WorkflowSubject,
} from './workflow-states.ts';

export interface SendingWorkflowProps {
  /** The function that carries its steps out. */
  readonly functionArn: string;
  readonly comment: string;
  /** What the steps work on, as their names end: `open-<noun>`, `sign-<noun>` and so on. */
  readonly noun: 'batch' | 'mint';
  readonly subject: WorkflowSubject;
  readonly failure: { readonly error: string; readonly cause: string };
}

/** Seconds between two looks at a transaction. */
const lookSeconds = 2;

/** Where each outcome leads; any other ends the execution: nothing to do, or nothing that may be done now. */
const leadsTo: Readonly<Record<string, string>> = {
  open: 'Sign',
  again: 'Sign',
  signed: 'Send',
  pending: 'Send',
  sent: 'Look',
  landed: 'Post',
  moved: 'Open',
};

const named = (state: string, noun: SendingWorkflowProps['noun']): string =>
  state === 'Look' ? state : `${state}${noun === 'batch' ? 'Batch' : 'Mint'}`;

export const sendingWorkflow = (props: SendingWorkflowProps): WorkflowDefinition => {
  const { functionArn, noun, subject, failure } = props;
  const step = (verb: string): TaskState =>
    call({
      ...{ functionArn, subject, step: `${verb}-${noun}` },
      ...{ timeoutSeconds: 120, retriesMax: 6, next: 'ChooseNext' },
      onError: { 'States.ALL': 'Fail' },
    });
  return {
    Comment: props.comment,
    QueryLanguage: 'JSONata',
    StartAt: named('Open', noun),
    TimeoutSeconds: 1800,
    States: {
      [named('Open', noun)]: step('open'),
      [named('Sign', noun)]: step('sign'),
      [named('Send', noun)]: step('send'),
      Look: { Type: 'Wait', Seconds: lookSeconds, Next: named('Follow', noun) },
      [named('Follow', noun)]: step('follow'),
      [named('Post', noun)]: step('post'),
      ChooseNext: {
        Type: 'Choice',
        Choices: Object.entries(leadsTo).map(([outcome, state]) => ({
          Condition: `{% $states.input.outcome = '${outcome}' %}`,
          Next: named(state, noun),
        })),
        Default: 'Settle',
      },
      Settle: { Type: 'Succeed' },
      Fail: { Type: 'Fail', Error: failure.error, Cause: failure.cause },
    },
  };
};

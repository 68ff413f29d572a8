/**
 * The few kinds of states that our workflows are made of, as Amazon States Language with JSONata. Every
 * task calls a step of one function and has a time-out, a retry list and a catch. Retry is for faults
 * of the infrastructure only: what a step answers as an outcome is read by a choice.
 */
import { passingFaults } from '../../shared/core/faults.ts';

export interface TaskState {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments: { readonly FunctionName: string; readonly Payload: Record<string, string> };
  readonly TimeoutSeconds: number;
  readonly Retry: readonly object[];
  readonly Catch: readonly Catcher[];
  readonly Output?: string;
  readonly Next: string;
}

interface ChoiceState {
  readonly Type: 'Choice';
  readonly Choices: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Default: string;
}

interface WaitState {
  readonly Type: 'Wait';
  readonly Seconds: number;
  readonly Next: string;
}

interface EndState {
  readonly Type: 'Succeed' | 'Fail';
  readonly Error?: string;
  readonly Cause?: string;
}

interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
}

export interface WorkflowDefinition {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONata';
  readonly StartAt: string;
  /** Of the whole execution. */
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, TaskState | ChoiceState | WaitState | EndState>>;
}

/**
 * Faults that pass: of Lambda and its client, of a function that was killed or ran out of time, of the
 * services that a step calls, and a step's own word that something is unavailable (functions/kit/step.ts).
 * Every step may be repeated.
 */
export const infrastructureFaults: readonly string[] = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'StepUnavailable',
  ...passingFaults,
];

/** The id that a state machine's input names its subject by, and its steps get. */
export type WorkflowSubject = 'cluster_id' | 'device_id' | 'lane_id';

interface Step {
  /** The function that carries it out. */
  readonly functionArn: string;
  /** The step's name in the payload: the file before `.step.ts`. */
  readonly step: string;
  /** `cluster_id` unless told. */
  readonly subject?: WorkflowSubject;
  readonly timeoutSeconds: number;
  readonly retriesMax: number;
  readonly next: string;
  /** Where errors lead, by name; States.ALL must be the last. */
  readonly onError: Readonly<Record<string, string>>;
}

const subjectOf = ({ subject = 'cluster_id' }: Step): Record<string, string> => ({
  [subject]: `{% $states.context.Execution.Input.${subject} %}`,
});

const taskOf = (step: Step, resource: string, payload: Record<string, string>): TaskState => ({
  Type: 'Task',
  Resource: `arn:aws:states:::lambda:${resource}`,
  Arguments: {
    FunctionName: step.functionArn,
    Payload: {
      step: step.step,
      ...subjectOf(step),
      ...payload,
    },
  },
  TimeoutSeconds: step.timeoutSeconds,
  Retry: [
    {
      ErrorEquals: infrastructureFaults,
      IntervalSeconds: 1,
      BackoffRate: 2,
      MaxAttempts: step.retriesMax,
      JitterStrategy: 'FULL',
    },
  ],
  Catch: Object.entries(step.onError).map(([error, next]) => ({
    ErrorEquals: [error],
    Next: next,
  })),
  Next: step.next,
});

/** Calls a step; its answer is the state's output. */
export const call = (step: Step): TaskState => ({
  ...taskOf(step, 'invoke', {}),
  Output: '{% $states.result.Payload %}',
});

/** Calls a step, then waits until someone answers its task token or the time is over. */
export const callAndWait = (step: Step): TaskState =>
  taskOf(step, 'invoke.waitForTaskToken', { task_token: '{% $states.context.Task.Token %}' });

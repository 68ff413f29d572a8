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
  /** Variables that later states read as `$name`. */
  readonly Assign?: Readonly<Record<string, string>>;
  readonly Next: string;
}

/** One task for each of some items, side by side; its own output is nothing. */
export interface MapState {
  readonly Type: 'Map';
  readonly Items: string;
  readonly MaxConcurrency: number;
  readonly ItemProcessor: {
    readonly ProcessorConfig: { readonly Mode: 'INLINE' };
    readonly StartAt: string;
    readonly States: Readonly<Record<string, ItemTask>>;
  };
  readonly Output: object;
  readonly Catch: readonly Catcher[];
  readonly Next: string;
}

/** The task of a map: what it throws is the map's to catch. */
export type ItemTask = Omit<TaskState, 'Next' | 'Catch'> & { readonly End: true };

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
  readonly States: Readonly<
    Record<string, TaskState | MapState | ChoiceState | WaitState | EndState>
  >;
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
export type WorkflowSubject = 'cluster_id' | 'device_id' | 'lane_id' | 'mint_id';
/** The same of a state machine whose first step chooses its subject: a variable by this name. */
type ChosenSubject = 'epoch_id';

interface Step {
  /** The function that carries it out. */
  readonly functionArn: string;
  /** The step's name in the payload: the file before `.step.ts`. */
  readonly step: string;
  /** `cluster_id` unless told. */
  readonly subject?: WorkflowSubject | ChosenSubject;
  /** More names for the payload. */
  readonly payload?: Readonly<Record<string, string>>;
  /** Variables from its answer. */
  readonly assign?: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly retriesMax: number;
  readonly next: string;
  /** Where errors lead, by name; States.ALL must be the last. */
  readonly onError: Readonly<Record<string, string>>;
}

const subjectOf = ({ subject = 'cluster_id' }: Pick<Step, 'subject'>): Record<string, string> => ({
  [subject]:
    subject === 'epoch_id'
      ? `{% $${subject} %}`
      : `{% $states.context.Execution.Input.${subject} %}`,
});

type Work = Omit<Step, 'next' | 'onError'>;

const workOf = (step: Work, resource: string, payload: Record<string, string>) => ({
  Type: 'Task' as const,
  Resource: `arn:aws:states:::lambda:${resource}`,
  Arguments: {
    FunctionName: step.functionArn,
    Payload: {
      step: step.step,
      ...subjectOf(step),
      ...step.payload,
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
  ...(step.assign === undefined ? {} : { Assign: step.assign }),
});

const catchersOf = ({ onError }: Pick<Step, 'onError'>): readonly Catcher[] =>
  Object.entries(onError).map(([error, next]) => ({ ErrorEquals: [error], Next: next }));

const taskOf = (step: Step, resource: string, payload: Record<string, string>): TaskState => ({
  ...workOf(step, resource, payload),
  Catch: catchersOf(step),
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

/**
 * Calls a step for each of the items that stand in the input's `items`, so many at once, each with its item in
 * the payload. What a step answers is dropped.
 */
export const callForEach = (
  step: Omit<Step, 'assign'> & { readonly atOnceMax: number; readonly state: string },
): MapState => ({
  Type: 'Map',
  Items: '{% $states.input.items %}',
  MaxConcurrency: step.atOnceMax,
  ItemProcessor: {
    ProcessorConfig: { Mode: 'INLINE' },
    StartAt: step.state,
    States: {
      [step.state]: { ...workOf(step, 'invoke', { item: '{% $states.input %}' }), End: true },
    },
  },
  Output: {},
  Catch: catchersOf(step),
  Next: step.next,
});

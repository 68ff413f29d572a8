/** The state machines, as they are written: what CloudFormation would accept and we do not. */
import { readdirSync } from 'node:fs';
import {
  type ItemTask,
  infrastructureFaults,
  type TaskState,
  type WorkflowDefinition,
} from '../../infra/constructs/workflow-states.ts';
import { closeEpoch } from '../../infra/stacks/close-epoch.workflow.ts';
import { mintEmission } from '../../infra/stacks/mint-emission.workflow.ts';
import { paySuppliers } from '../../infra/stacks/pay-suppliers.workflow.ts';
import { provisionCluster } from '../../infra/stacks/provision-cluster.workflow.ts';
import { releaseCluster } from '../../infra/stacks/release-cluster.workflow.ts';
import { verifyDevice } from '../../infra/stacks/verify-device.workflow.ts';
import { passingFaults } from '../../shared/core/faults.ts';
import { verificationMsMax } from '../../shared/devices/verification.ts';

type Subject = 'cluster' | 'device' | 'lane' | 'epoch' | 'mint';

/** Where the steps of a subject's workflow stand. */
const foldersOf: Readonly<Record<Subject, string>> = {
  cluster: 'functions/clusters',
  device: 'functions/devices',
  lane: 'functions/payments/payouts',
  epoch: 'functions/rewards/close',
  mint: 'functions/token/mint',
};

const workflows: [string, WorkflowDefinition, Subject][] = [
  ['provision-cluster', provisionCluster('arn:provision'), 'cluster'],
  ['release-cluster', releaseCluster('arn:release'), 'cluster'],
  ['verify-device', verifyDevice('arn:verify'), 'device'],
  ['pay-suppliers', paySuppliers('arn:payouts'), 'lane'],
  ['close-epoch', closeEpoch(16)('arn:close'), 'epoch'],
  ['mint-emission', mintEmission('arn:mint'), 'mint'],
];

const tasksOf = (definition: WorkflowDefinition): [string, TaskState][] =>
  Object.entries(definition.States).flatMap(([name, state]) =>
    state.Type === 'Task' ? [[name, state]] : [],
  );

/** The tasks within the maps, with what catches for them. */
const itemTasksOf = (
  definition: WorkflowDefinition,
): [string, ItemTask & Pick<TaskState, 'Catch'>][] =>
  Object.values(definition.States).flatMap((state) =>
    state.Type === 'Map'
      ? Object.entries(state.ItemProcessor.States).map(
          ([name, task]): [string, ItemTask & Pick<TaskState, 'Catch'>] => [
            name,
            { ...task, Catch: state.Catch },
          ],
        )
      : [],
  );

const allTasksOf = (definition: WorkflowDefinition) => [
  ...tasksOf(definition),
  ...itemTasksOf(definition),
];

/** All states that a state can lead to. */
const nextOf = (state: WorkflowDefinition['States'][string]): string[] => {
  if (state.Type === 'Task' || state.Type === 'Map')
    return [state.Next, ...state.Catch.map(({ Next }) => Next)];
  if (state.Type === 'Choice') return [state.Default, ...state.Choices.map(({ Next }) => Next)];
  return state.Type === 'Wait' ? [state.Next] : [];
};

describe.each(workflows)('%s', (_name, definition, subject) => {
  test('every task has a time-out, a retry list, and a catch for everything at last', () => {
    for (const [name, task] of allTasksOf(definition)) {
      expect({ name, seconds: task.TimeoutSeconds > 0, retries: task.Retry.length > 0 }).toEqual({
        name,
        seconds: true,
        retries: true,
      });
      expect(task.Catch.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    }
  });

  test('every task is called again after a fault that passes, a killed function among them', () => {
    for (const [, task] of allTasksOf(definition)) {
      expect(task.Retry).toMatchObject([{ ErrorEquals: infrastructureFaults }]);
    }
    expect(infrastructureFaults).toEqual(
      expect.arrayContaining(['Sandbox.Timedout', 'Lambda.Unknown', ...passingFaults]),
    );
  });

  test('no task relies on token heartbeats, which nobody sends', () => {
    expect(JSON.stringify(definition)).not.toContain('HeartbeatSeconds');
  });

  test('payloads are the step, the id, numbers and hashes, and where it waits the token', () => {
    for (const [, task] of allTasksOf(definition)) {
      const { step, task_token, item: _, output_hash: __, ...rest } = task.Arguments.Payload;
      expect(step).toBeDefined();
      expect(task_token !== undefined).toBe(task.Resource.endsWith('waitForTaskToken'));
      const id = `${subject}_id`;
      const named =
        subject === 'epoch' ? `{% $${id} %}` : `{% $states.context.Execution.Input.${id} %}`;
      // The first step of close-epoch chooses the hour.
      expect(rest).toEqual({ [id]: step === 'open-epoch' ? '' : named });
    }
  });

  test('every state is reached, and leads to states that exist', () => {
    const reached = new Set([definition.StartAt]);
    for (const name of reached) {
      const state = definition.States[name];
      expect(state).toBeDefined();
      for (const next of state === undefined ? [] : nextOf(state)) reached.add(next);
    }
    expect([...reached].sort()).toEqual(Object.keys(definition.States).sort());
  });

  test('every step has its file in the folder of its noun', () => {
    const files = readdirSync(foldersOf[subject]);
    for (const [, task] of allTasksOf(definition)) {
      expect(files).toContain(`${task.Arguments.Payload['step']}.step.ts`);
    }
  });
});

test('a cluster is released although its nodes stay silent', () => {
  const { StopNodes } = releaseCluster('arn:release').States;
  expect(StopNodes).toMatchObject({
    Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'CloseCluster' }, { Next: 'Fail' }],
  });
});

test('silence of nodes is assessed, a fault gives the cluster up', () => {
  const { DispatchNodes, AssessCluster } = provisionCluster('arn:provision').States;
  expect(DispatchNodes).toMatchObject({
    Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'AssessCluster' }, { Next: 'GiveUp' }],
  });
  expect(AssessCluster).toMatchObject({ Catch: [{ Next: 'GiveUp' }] });
});

test('a device that stays silent is assessed, a fault abandons it until the next time', () => {
  const { OrderChecks, AssessDevice } = verifyDevice('arn:verify').States;
  expect(OrderChecks).toMatchObject({
    Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'AssessDevice' }, { Next: 'AbandonDevice' }],
  });
  expect(AssessDevice).toMatchObject({ Catch: [{ Next: 'AbandonDevice' }] });
});

test('a verification counts as over once its workflow must have ended', () => {
  const seconds = verifyDevice('arn:verify').TimeoutSeconds;
  expect(verificationMsMax).toBeGreaterThan(seconds * 1000);
});

test('an hour is split when its snapshot is whole, and published when all is posted', () => {
  const { Snapshot, Post, ChooseNext } = closeEpoch(16)('arn:close').States;
  expect(Snapshot).toMatchObject({ Type: 'Map', MaxConcurrency: 16, Next: 'SplitEpoch' });
  expect(Post).toMatchObject({ Type: 'Map', MaxConcurrency: 4, Next: 'PublishEpoch' });
  const next = ChooseNext?.Type === 'Choice' ? ChooseNext.Choices : [];
  const after = (outcome: string) =>
    next.find(({ Condition }) => Condition.includes(`'${outcome}'`))?.Next;
  expect(after('split')).toBe('VerifyEpoch');
  expect(after('verified')).toBe('CommitEpoch');
  expect(after('committed')).toBe('Post');
});

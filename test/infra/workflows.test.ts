/** The state machines, as they are written: what CloudFormation would accept and we do not. */
import { readdirSync } from 'node:fs';
import {
  infrastructureFaults,
  type TaskState,
  type WorkflowDefinition,
} from '../../infra/constructs/workflow-states.ts';
import { paySuppliers } from '../../infra/stacks/pay-suppliers.workflow.ts';
import { provisionCluster } from '../../infra/stacks/provision-cluster.workflow.ts';
import { releaseCluster } from '../../infra/stacks/release-cluster.workflow.ts';
import { verifyDevice } from '../../infra/stacks/verify-device.workflow.ts';
import { passingFaults } from '../../shared/core/faults.ts';
import { verificationMsMax } from '../../shared/devices/verification.ts';

type Subject = 'cluster' | 'device' | 'lane';

/** Where the steps of a subject's workflow stand. */
const foldersOf: Readonly<Record<Subject, string>> = {
  cluster: 'functions/clusters',
  device: 'functions/devices',
  lane: 'functions/payments/payouts',
};

const workflows: [string, WorkflowDefinition, Subject][] = [
  ['provision-cluster', provisionCluster('arn:provision'), 'cluster'],
  ['release-cluster', releaseCluster('arn:release'), 'cluster'],
  ['verify-device', verifyDevice('arn:verify'), 'device'],
  ['pay-suppliers', paySuppliers('arn:payouts'), 'lane'],
];

const tasksOf = (definition: WorkflowDefinition): [string, TaskState][] =>
  Object.entries(definition.States).flatMap(([name, state]) =>
    state.Type === 'Task' ? [[name, state]] : [],
  );

/** All states that a state can lead to. */
const nextOf = (state: WorkflowDefinition['States'][string]): string[] => {
  if (state.Type === 'Task') return [state.Next, ...state.Catch.map(({ Next }) => Next)];
  if (state.Type === 'Choice') return [state.Default, ...state.Choices.map(({ Next }) => Next)];
  return state.Type === 'Wait' ? [state.Next] : [];
};

describe.each(workflows)('%s', (_name, definition, subject) => {
  test('every task has a time-out, a retry list, and a catch for everything at last', () => {
    for (const [name, task] of tasksOf(definition)) {
      expect({ name, seconds: task.TimeoutSeconds > 0, retries: task.Retry.length > 0 }).toEqual({
        name,
        seconds: true,
        retries: true,
      });
      expect(task.Catch.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    }
  });

  test('every task is called again after a fault that passes, a killed function among them', () => {
    for (const [, task] of tasksOf(definition)) {
      expect(task.Retry).toMatchObject([{ ErrorEquals: infrastructureFaults }]);
    }
    expect(infrastructureFaults).toEqual(
      expect.arrayContaining(['Sandbox.Timedout', 'Lambda.Unknown', ...passingFaults]),
    );
  });

  test('no task relies on token heartbeats, which nobody sends', () => {
    expect(JSON.stringify(definition)).not.toContain('HeartbeatSeconds');
  });

  test('payloads are the step, the id and where it waits the token', () => {
    for (const [, task] of tasksOf(definition)) {
      const { step, task_token, ...rest } = task.Arguments.Payload;
      expect(step).toBeDefined();
      expect(task_token !== undefined).toBe(task.Resource.endsWith('waitForTaskToken'));
      const id = `${subject}_id`;
      expect(rest).toEqual({ [id]: `{% $states.context.Execution.Input.${id} %}` });
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
    for (const [, task] of tasksOf(definition)) {
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

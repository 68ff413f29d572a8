/** One execution of a workflow that sends transactions, as Step Functions runs its definition. */
import type { StepOutcome } from '../../functions/kit/step.ts';
import type { WorkflowDefinition } from '../../infra/constructs/workflow-states.ts';
import { assert, present } from '../../shared/core/assert.ts';

export interface Playing {
  readonly step: (name: string) => Promise<StepOutcome>;
  /** What passes while it waits between two looks. */
  readonly wait: () => Promise<void>;
  readonly statesMax: number;
}

/** Answers the steps with their outcomes. Throws where the execution fails, or does not end. */
export const runStates = async (
  { States, StartAt }: WorkflowDefinition,
  { step, wait, statesMax }: Playing,
): Promise<readonly string[]> => {
  const trail: string[] = [];
  let [name, outcome] = [StartAt, ''];
  for (let count = 0; count < statesMax; count += 1) {
    const state = present(States[name], `no state ${name}`);
    if (state.Type === 'Succeed') return trail;
    assert(state.Type !== 'Fail', 'the execution failed');
    if (state.Type === 'Task') {
      const stepName = String(present(state.Arguments.Payload['step'], 'a task without a step'));
      ({ outcome } = await step(stepName));
      trail.push(`${stepName} ${outcome}`);
      name = present(state.Next, `${name} leads nowhere`);
    } else if (state.Type === 'Wait') {
      await wait();
      name = state.Next;
    } else if (state.Type === 'Choice') {
      const wanted = `{% $states.input.outcome = '${outcome}' %}`;
      name = state.Choices.find(({ Condition }) => Condition === wanted)?.Next ?? state.Default;
    }
  }
  throw new Error(`no end: ${trail.slice(-10).join(', ')}`);
};

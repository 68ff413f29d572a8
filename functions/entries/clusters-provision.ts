/** Lambda `clusters-provision`: the steps of the state machine provision-cluster. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { assessClusterStep } from '../clusters/assess-cluster.step.ts';
import { dispatchNodesStep } from '../clusters/dispatch-nodes.step.ts';
import { giveUpStep } from '../clusters/give-up.step.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { stepFunction } from '../kit/step.ts';

export const handler = stepFunction(
  { ...createRuntime(environment()), workflows: workflows() },
  {
    'dispatch-nodes': dispatchNodesStep,
    'assess-cluster': assessClusterStep,
    'give-up': giveUpStep,
  },
);

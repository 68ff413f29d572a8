/** Lambda `clusters-release`: the steps of the state machine release-cluster. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { parseInvoicing } from '../../shared/payments/invoices/billing-schemas.ts';
import { closeClusterStep } from '../clusters/close-cluster.step.ts';
import { stopNodesStep } from '../clusters/stop-nodes.step.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { stepFunction } from '../kit/step.ts';

const env = environment();

export const handler = stepFunction(
  {
    ...createRuntime(env),
    workflows: workflows(),
    invoicing: parseInvoicing(env.require('INVOICING')),
  },
  { 'stop-nodes': stopNodesStep, 'close-cluster': closeClusterStep },
);

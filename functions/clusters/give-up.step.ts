/** Step `give-up` of provision-cluster: the workflow itself met a fault; the customer gets all back. */
import type { Runtime } from '../kit/runtime.ts';
import type { StepInput, StepOutcome } from '../kit/step.ts';
import { failProvision } from './fail-provision.ts';

export const giveUpStep = (needs: Runtime, input: StepInput): Promise<StepOutcome> =>
  failProvision(needs, input.cluster_id, 'platform_fault', null);

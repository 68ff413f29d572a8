/** Lambda `token-mint`: the steps of the state machine mint-emission. */
import { environment } from '../kit/runtime.ts';
import { stepFunction } from '../kit/step.ts';
import { createMintRuntime } from '../token/mint/mint-runtime.ts';
import { mintSteps } from '../token/mint/steps.ts';

export const handler = stepFunction(createMintRuntime(environment()), mintSteps);

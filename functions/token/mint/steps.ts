/** The steps of the workflow `mint-emission`, by the names that it calls them. */
import type { MintStepInput, Step } from '../../kit/step.ts';
import { followMintStep } from './follow-mint.step.ts';
import type { MintNeeds } from './mint-needs.ts';
import { openMintStep } from './open-mint.step.ts';
import { postMintStep } from './post-mint.step.ts';
import { sendMintStep } from './send-mint.step.ts';
import { signMintStep } from './sign-mint.step.ts';

export const mintSteps: Readonly<Record<string, Step<MintNeeds, MintStepInput>>> = {
  'open-mint': openMintStep,
  'sign-mint': signMintStep,
  'send-mint': sendMintStep,
  'follow-mint': followMintStep,
  'post-mint': postMintStep,
};

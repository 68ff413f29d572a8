/** The steps of the workflow `close-epoch`, by the names that it calls them. */
import type { Step } from '../../kit/step.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { commitEpochStep } from './commit-epoch.step.ts';
import type { EpochOutcome, EpochStepInput } from './epoch-step.ts';
import { openEpochStep } from './open-epoch.step.ts';
import { postRewardsStep } from './post-rewards.step.ts';
import { publishEpochStep } from './publish-epoch.step.ts';
import { snapshotShardStep } from './snapshot-shard.step.ts';
import { splitEpochStep } from './split-epoch.step.ts';
import { verifyEpochStep } from './verify-epoch.step.ts';

type EpochStep = (needs: RewardsNeeds, input: EpochStepInput) => Promise<EpochOutcome>;

export const closeSteps = {
  'open-epoch': openEpochStep,
  'snapshot-shard': snapshotShardStep,
  'split-epoch': splitEpochStep,
  'verify-epoch': verifyEpochStep,
  'commit-epoch': commitEpochStep,
  'post-rewards': postRewardsStep,
  'publish-epoch': publishEpochStep,
} as const satisfies Readonly<Record<string, EpochStep & Step<RewardsNeeds, EpochStepInput>>>;

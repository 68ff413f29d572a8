/**
 * Step `publish-epoch` of close-epoch: the hour is completed, once everything of it is posted, and the next one
 * can be closed. Both in one transaction, the last of the hour.
 */
import { hourMs } from '../../../shared/core/time.ts';
import type { Epoch } from '../../../shared/rewards/epoch.ts';
import { completeEpoch, getEpoch } from '../../../shared/rewards/epoch-store.ts';
import { commit } from '../../kit/transaction.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { type EpochOutcome, type EpochStepInput, requireCommitted } from './epoch-step.ts';

export const publishEpochStep = async (
  needs: RewardsNeeds,
  input: EpochStepInput,
): Promise<EpochOutcome> => {
  const { epoch, result } = await requireCommitted(needs, input);
  const published = { outcome: 'published', epoch_id: epoch.id, items: [] };
  if (epoch.status === 'completed') return published;
  if (!(await complete(needs, epoch))) return published;
  const { head, root } = result;
  needs.log.info('rewards.epoch_completed', {
    epoch_id: epoch.id,
    hour: epoch.hour,
    entries: head.entries,
    released: head.emission,
    unallocated: String(BigInt(head.enterprise_unallocated) + BigInt(head.community_unallocated)),
    root,
    late_ms: needs.clock.nowMs() - epoch.startMs - hourMs,
  });
  return published;
};

/** Whether it was us. */
const complete = async (needs: RewardsNeeds, epoch: Epoch): Promise<boolean> => {
  try {
    await commit(needs, completeEpoch(epoch, needs.clock.nowMs()));
    return true;
  } catch (error) {
    const now = await getEpoch(needs.database, epoch.id);
    if (now?.status !== 'completed') throw error;
    return false;
  }
};

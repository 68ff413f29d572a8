/**
 * Step `open-epoch` of close-epoch: begins the closing of the next hour, or goes on with one that was begun.
 * An hour that is committed is not split again: what is left of it is posted.
 */
import { WriteRefused } from '../../../shared/core/database.ts';
import { getEpoch, openEpoch } from '../../../shared/rewards/epoch-store.ts';
import { snapshotShards } from '../../../shared/rewards/snapshot.ts';
import type { Runtime } from '../../kit/runtime.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { type EpochOutcome, numbersTo } from './epoch-step.ts';
import { type DueEpoch, nextEpoch } from './next-epoch.ts';

export const openEpochStep = async (needs: RewardsNeeds): Promise<EpochOutcome> => {
  const next = await nextEpoch(needs);
  if (next.outcome !== 'due') return { outcome: next.outcome, epoch_id: '', items: [] };
  const known = await getEpoch(needs.database, next.id);
  if (!known) await open(needs, next);
  const { result } = known ?? { result: null };
  return result
    ? { outcome: 'committed', epoch_id: next.id, items: numbersTo(result.postings) }
    : { outcome: 'opened', epoch_id: next.id, items: numbersTo(snapshotShards) };
};

/** Somebody else may have begun it meanwhile. */
const open = async ({ database, clock }: Runtime, due: DueEpoch): Promise<void> => {
  try {
    await database.write(openEpoch({ ...due, openedAtMs: clock.nowMs() }));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};

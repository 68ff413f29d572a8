/**
 * Task `release-rewards`: gives free what was held of new devices' rewards when its time is over, unless one of
 * the devices that were new then is in a cohort that suspicion merged: that stays held, and is told each time,
 * until an operator decides.
 */

import { present } from '../../../shared/core/assert.ts';
import type { Id } from '../../../shared/core/ids.ts';
import { startOfHourId } from '../../../shared/core/time.ts';
import type { RewardHold } from '../../../shared/ledger/rewards/reward.ts';
import { listRewardHoldsDue } from '../../../shared/ledger/rewards/reward-store.ts';
import { getCohortOf } from '../../../shared/proofs/cohort-store.ts';
import { getPlaces } from '../../../shared/proofs/place-store.ts';
import { listFirstRewards } from '../../../shared/rewards/first-reward-store.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { releaseReward } from '../../ledger/rewards/post-reward.ts';

/** Pages of a hundred holds in one run. */
const pagesMax = 200;

export const releaseRewards = async (needs: Runtime): Promise<TaskOutcome> => {
  const total = { done: 0, failed: 0 };
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { holds, next } = await listRewardHoldsDue(needs.database, needs.clock.nowMs(), cursor);
    const free: RewardHold[] = [];
    for (const hold of holds) {
      if (await isSuspect(needs, hold)) {
        const { epochId: epoch_id, organisation } = hold;
        needs.log.warn('rewards.kept_for_suspicion', { epoch_id, organisation });
      } else free.push(hold);
    }
    const outcome = await forEachDue(
      needs,
      free,
      (hold) => releaseReward(needs, hold),
      ({ id }) => id,
    );
    total.done += outcome.done;
    total.failed += outcome.failed;
    cursor = next;
    if (cursor === undefined) break;
  }
  return total;
};

/** Whether suspicion has reached a device whose rewards of that hour were held. */
const isSuspect = async (
  { database, stage }: Pick<Runtime, 'database' | 'stage'>,
  { epochId, organisation }: RewardHold,
): Promise<boolean> => {
  const organisationId = organisation as Id<'org'>;
  const startMs = present(startOfHourId(epochId), `${epochId} is no hour`);
  const { heldMs } = rewardPolicyAt(stage, startMs);
  const { organisationIds } = await getCohortOf(database, organisationId);
  let cursor: string | undefined;
  do {
    const hours = { fromMs: startMs - heldMs + 1, untilMs: startMs };
    const page = await listFirstRewards(database, organisationId, hours, cursor);
    // Merged with somebody else, or suspected of being one with a device of its own supplier.
    if (page.deviceIds.length > 0 && organisationIds.length > 1) return true;
    const places = await getPlaces(database, page.deviceIds);
    if (places.some(({ groupPinned }) => groupPinned)) return true;
    cursor = page.next;
  } while (cursor !== undefined);
  return false;
};

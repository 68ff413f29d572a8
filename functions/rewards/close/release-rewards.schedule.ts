/**
 * Task `release-rewards`: gives free what was held of new devices' rewards when its time is over, unless one of
 * the devices that were new then is in a cohort that suspicion merged: that is kept, and told once, until an
 * operator decides; it is not looked at again, so it takes no room from what is due of others. What fails stays
 * due and does not stop the rest.
 */
import { present } from '../../../shared/core/assert.ts';
import type { Id } from '../../../shared/core/ids.ts';
import { startOfHourId } from '../../../shared/core/time.ts';
import { heldRewardShards } from '../../../shared/ledger/keys.ts';
import type { RewardHold } from '../../../shared/ledger/rewards/reward.ts';
import { listRewardHoldsDue } from '../../../shared/ledger/rewards/reward-store.ts';
import { getCohortOf } from '../../../shared/proofs/cohort-store.ts';
import { getPlaces } from '../../../shared/proofs/place-store.ts';
import { listFirstRewards } from '../../../shared/rewards/first-reward-store.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { keepReward, releaseReward } from '../../ledger/rewards/post-reward.ts';

/** Pages of a hundred holds in one run. */
const pagesMax = 200;

export const releaseRewards = async (needs: Runtime): Promise<TaskOutcome> => {
  const { database, clock } = needs;
  const total = { done: 0, failed: 0 };
  // A page of each shard in turn, so that nobody waits behind all that is due in the shards before.
  const queue: { readonly shard: number; readonly cursor?: string }[] = Array.from(
    { length: heldRewardShards },
    (_, shard) => ({ shard }),
  );
  for (let page = 0; page < pagesMax; page += 1) {
    const turn = queue.shift();
    if (turn === undefined) break;
    const { holds, next } = await listRewardHoldsDue(database, { ...turn, nowMs: clock.nowMs() });
    if (next !== undefined) queue.push({ shard: turn.shard, cursor: next });
    const outcome = await forEachDue(
      needs,
      holds,
      (hold) => decideHold(needs, hold),
      ({ id }) => id,
    );
    total.done += outcome.done;
    total.failed += outcome.failed;
  }
  return total;
};

const decideHold = async (needs: Runtime, hold: RewardHold): Promise<void> => {
  if (!(await isSuspect(needs, hold))) return void (await releaseReward(needs, hold));
  const { outcome } = await keepReward(needs, hold);
  const { epochId: epoch_id, organisation } = hold;
  if (outcome === 'kept') needs.log.warn('rewards.kept_for_suspicion', { epoch_id, organisation });
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

/**
 * Task `end-cooldowns`: what was unstaked and has waited long enough comes back to the organisation's rewards, with
 * the end of its cooldown in the same transaction. Run twice, also at once, it comes back once.
 */
import { present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import { cooldownOf, withoutCooldown } from '../../../shared/rewards/device-stake.ts';
import { cooldownShards } from '../../../shared/rewards/keys.ts';
import {
  countStaked,
  type DueCooldown,
  getStake,
  listDueCooldowns,
  putStake,
  takeDueCooldown,
} from '../../../shared/rewards/stake-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { postWithdrawal } from '../../ledger/rewards/post-stake.ts';

/** Pages of a hundred cooldowns per shard and run, some 9,600 together; the rest waits for the next run. */
const pagesMax = 6;

export const endCooldowns = async (needs: Runtime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const total = { done: 0, failed: 0 };
  for (let shard = 0; shard < cooldownShards; shard += 1) {
    let cursor: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const { due, next } = await listDueCooldowns(needs.database, { shard, nowMs, cursor });
      const outcome = await forEachDue(
        needs,
        due,
        (each) => endCooldown(needs, each),
        ({ unstakeId }) => unstakeId,
      );
      total.done += outcome.done;
      total.failed += outcome.failed;
      // What failed stays listed; the cursor goes on behind it.
      cursor = next;
      if (cursor === undefined) break;
    }
  }
  return total;
};

const endCooldown = (needs: Runtime, due: DueCooldown) =>
  postWithdrawal(needs, due, async (): Promise<readonly Write[]> => {
    const found = await getStake(needs.database, due.deviceId);
    const stake = present(found, `${due.unstakeId} is of a device without stake`);
    // Somebody else has ended it: the ledger's transfer is there, and refuses the rest.
    const cooldown = cooldownOf(stake, due.unstakeId);
    if (cooldown === undefined) return [];
    const ended = withoutCooldown(stake, due.unstakeId, needs.clock.nowMs());
    return [putStake(ended), countStaked(due.deviceId, -cooldown.units), takeDueCooldown(due)];
  });

/**
 * Task `end-cooldowns`: what was unstaked and has waited long enough comes back to the organisation's rewards, with
 * the end of its cooldown in the same transaction. Run twice, also at once, it comes back once.
 */
import { present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import { cooldownOf, withoutCooldown } from '../../../shared/rewards/device-stake.ts';
import { cooldownShards } from '../../../shared/rewards/keys.ts';
import {
  type DueCooldown,
  getStake,
  listDueCooldowns,
  putStake,
  takeDueCooldown,
} from '../../../shared/rewards/stake-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { postWithdrawal } from '../../ledger/rewards/post-stake.ts';

export const endCooldowns = async (needs: Runtime): Promise<TaskOutcome> => {
  let [done, failed] = [0, 0];
  for (let shard = 0; shard < cooldownShards; shard += 1) {
    // What is left beyond a page is due at the next run as well.
    const due = await listDueCooldowns(needs.database, shard, needs.clock.nowMs());
    const outcome = await forEachDue(
      needs,
      due,
      (each) => endCooldown(needs, each),
      ({ unstakeId }) => unstakeId,
    );
    done += outcome.done;
    failed += outcome.failed;
  }
  return { done, failed };
};

const endCooldown = (needs: Runtime, due: DueCooldown) =>
  postWithdrawal(needs, due, async (): Promise<readonly Write[]> => {
    const found = await getStake(needs.database, due.deviceId);
    const stake = present(found, `${due.unstakeId} is of a device without stake`);
    // Somebody else has ended it: the ledger's transfer is there, and refuses the rest.
    if (cooldownOf(stake, due.unstakeId) === undefined) return [];
    const ended = withoutCooldown(stake, due.unstakeId, needs.clock.nowMs());
    return [putStake(ended), takeDueCooldown(due)];
  });

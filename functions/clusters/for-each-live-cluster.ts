/** Goes through the clusters that are not closed, shard by shard, for the schedules. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { listLiveClusters } from '../../shared/clusters/cluster-store.ts';
import { liveShards } from '../../shared/clusters/keys.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';

/** Most pages of a shard that one run works off; the next run does the rest. */
const pagesMax = 50;

export const forEachLiveCluster = async (
  needs: Pick<Runtime, 'database' | 'log'>,
  wanted: (cluster: Cluster) => boolean,
  work: (cluster: Cluster) => Promise<unknown>,
): Promise<TaskOutcome> => {
  let done = 0;
  let failed = 0;
  for (let shard = 0; shard < liveShards; shard += 1) {
    let cursor: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const found = await listLiveClusters(needs.database, shard, cursor);
      const outcome = await forEachDue(needs, found.clusters.filter(wanted), work);
      done += outcome.done;
      failed += outcome.failed;
      cursor = found.next;
      if (cursor === undefined) break;
    }
  }
  return { done, failed };
};

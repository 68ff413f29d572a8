/**
 * Task `reconcile-clusters`: finds what nobody reported. Nodes that were silent while the platform was
 * watching are lost; a cluster that ended but was not released gets a new release. After a pause of the
 * platform's own it first watches for two minutes: its silence is nobody's fault but its own.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { type Cluster, isFenced } from '../../shared/clusters/cluster.ts';
import { beat, hasWatched } from '../../shared/clusters/pulse.ts';
import { getPulse, putPulse } from '../../shared/clusters/pulse-store.ts';
import { silentNodes } from '../../shared/clusters/usage.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import { minuteMs } from '../../shared/core/time.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { TaskOutcome } from '../kit/schedule.ts';
import { forEachLiveCluster } from './for-each-live-cluster.ts';
import { loseNodes } from './lose-nodes.ts';

const task = 'reconcile-clusters';
/** A release that has not closed its cluster after so long is started anew. */
const releaseMsMax = 10 * minuteMs;

export interface ReconcileRuntime extends Runtime {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly releaseStateMachineArn: string;
}

export const reconcileClusters = async (needs: ReconcileRuntime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const pulse = beat(await getPulse(needs.database, task), nowMs);
  await needs.database.write(putPulse(task, pulse));
  const watched = hasWatched(pulse, nowMs);
  return forEachLiveCluster(
    needs,
    (cluster) => isFenced(cluster) || cluster.status === 'running',
    (cluster) =>
      isFenced(cluster)
        ? restartRelease(needs, cluster, nowMs)
        : watched
          ? loseSilent(needs, cluster, nowMs)
          : Promise.resolve(),
  );
};

const loseSilent = async (needs: Runtime, cluster: Cluster, nowMs: number): Promise<void> => {
  const usage = await getUsage(needs.database, cluster.id);
  const silent = usage ? silentNodes(usage, nowMs) : [];
  if (silent.length === 0) return;
  const evidence = 'No proof of life for more than 60 seconds.';
  const lost = new Map(silent.map((nodeId) => [nodeId, evidence]));
  await loseNodes(needs, cluster.id, lost, 'platform', nowMs);
};

/** A name is used once: each period gets its own, so that a failed release is tried again. */
const restartRelease = async (
  needs: ReconcileRuntime,
  cluster: Cluster,
  nowMs: number,
): Promise<void> => {
  const periods = Math.floor((nowMs - (cluster.stoppedAtMs ?? nowMs)) / releaseMsMax);
  if (periods < 1) return;
  const name = `${cluster.id}-${periods}`;
  await needs.workflows.start(needs.releaseStateMachineArn, name, { cluster_id: cluster.id });
};

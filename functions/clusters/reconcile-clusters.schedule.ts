/**
 * Task `reconcile-clusters`: makes up for what nobody reported or relayed. Provisioning that never
 * started is started; nodes that were silent while the platform was watching are lost; devices of lost
 * nodes return to their suppliers; a release that did not finish is started anew; what was unpaid goes on
 * once there is credit for it.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { type Cluster, isFenced } from '../../shared/clusters/cluster.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { beat, hasWatched } from '../../shared/clusters/pulse.ts';
import { getPulse, putPulse } from '../../shared/clusters/pulse-store.ts';
import { silentNodes, type Usage } from '../../shared/clusters/usage.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import { minuteMs } from '../../shared/core/time.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { forEachLiveCluster } from './for-each-live-cluster.ts';
import { freeDevice, isVacant } from './free-device.ts';
import { loseNodes } from './lose-nodes.ts';
import { payWithCredit } from './pay-unpaid.ts';

const task = 'reconcile-clusters';
/** A new cluster whose provisioning has not begun after so long was not relayed. */
const relayMsMax = minuteMs;
/** A release that has not closed its cluster after so long is started anew. */
const releaseMsMax = 10 * minuteMs;
/** A lost node that does not confirm its end keeps its device for so long. */
const confirmMsMax = 10 * minuteMs;

export interface ReconcileRuntime extends Runtime {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly provisionStateMachineArn: string;
  readonly releaseStateMachineArn: string;
}

/** A running cluster with nodes not heard of for too long. */
interface Silent {
  readonly cluster: Cluster;
  readonly nodeIds: readonly string[];
}

export const reconcileClusters = async (needs: ReconcileRuntime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const pulse = beat(await getPulse(needs.database, task), nowMs);
  await needs.database.write(putPulse(task, pulse));
  let running = 0;
  const silent: Silent[] = [];
  const outcome = await forEachLiveCluster(
    needs,
    () => true,
    async (cluster) => {
      if (isFenced(cluster)) return restartRelease(needs, cluster, nowMs);
      if (cluster.status === 'unpaid') return payWithCredit(needs, cluster, nowMs);
      if (cluster.status === 'deployment_requested') return startLate(needs, cluster, nowMs);
      if (cluster.status !== 'running') return undefined;
      running += 1;
      const usage = await getUsage(needs.database, cluster.id);
      if (!usage) return undefined;
      const nodeIds = silentNodes(usage, nowMs);
      if (nodeIds.length > 0) silent.push({ cluster, nodeIds });
      return freeLost(needs, cluster, usage, nowMs);
    },
  );
  if (!hasWatched(pulse, nowMs)) return outcome;
  const lost = await loseSilent(needs, silent, running, nowMs);
  return { done: outcome.done, failed: outcome.failed + lost.failed };
};

/**
 * When most clusters fall silent at the same time, it is their reports that do not arrive: nobody is
 * judged, and the alarm on this function rings.
 */
const loseSilent = async (
  needs: Runtime,
  silent: readonly Silent[],
  running: number,
  nowMs: number,
): Promise<TaskOutcome> => {
  if (silent.length >= 2 && silent.length * 2 > running) {
    throw new Error(`${silent.length} of ${running} running clusters are silent at once`);
  }
  const evidence = 'No proof of life for more than 60 seconds.';
  return forEachDue(needs, silent, ({ cluster, nodeIds }) => {
    const lost = new Map(nodeIds.map((nodeId) => [nodeId, evidence]));
    return loseNodes(needs, cluster.id, lost, 'platform', nowMs);
  });
};

/** Devices of lost nodes that are over, or that have had ten minutes to confirm it. */
const freeLost = async (
  needs: Runtime,
  cluster: Cluster,
  usage: Usage,
  nowMs: number,
): Promise<void> => {
  const lost = cluster.assignments.filter(({ state }) => state === 'lost');
  if (lost.length === 0) return;
  const nodes = await listNodes(needs.database, cluster.id);
  for (const assignment of lost) {
    const provenAtMs = usage.nodes[assignment.nodeId]?.provenAtMs ?? 0;
    if (!isVacant(assignment, nodes) && nowMs - provenAtMs <= confirmMsMax) continue;
    await freeDevice(needs, cluster, assignment, nodes, nowMs);
  }
};

/** The name is the cluster's, as the relay gives it: an execution that exists stays the only one. */
const startLate = async (
  needs: ReconcileRuntime,
  cluster: Cluster,
  nowMs: number,
): Promise<void> => {
  if (nowMs - cluster.createdAtMs <= relayMsMax) return;
  const input = { cluster_id: cluster.id };
  await needs.workflows.start(needs.provisionStateMachineArn, cluster.id, input);
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

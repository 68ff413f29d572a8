/**
 * Step `dispatch-nodes` of provision-cluster: moves the cluster to `deploying`, keeps the token with which
 * reports wake the workflow, sends what is still missing. The workflow then waits, and looks again.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { isFenced } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { transition } from '../../shared/clusters/lifecycle.ts';
import { putWait } from '../../shared/clusters/wait-store.ts';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { StepInput, StepOutcome } from '../kit/step.ts';
import { commit } from '../kit/transaction.ts';
import { dispatchNodes } from './dispatch-nodes.ts';

export type ProvisionRuntime = Runtime & { readonly workflows: Pick<WorkflowPort, 'wake'> };

export const dispatchNodesStep = async (
  needs: ProvisionRuntime,
  input: StepInput,
): Promise<StepOutcome> => {
  const taskToken = present(input.task_token, 'dispatch-nodes without a task token');
  const { cluster_id: clusterId } = input;
  if (isFenced(await deploying(needs, clusterId))) {
    // Its release waits with a token of its own, in the same place.
    await needs.workflows.wake(taskToken);
    return { outcome: 'dispatched' };
  }
  await needs.database.write(putWait(clusterId, taskToken));
  // Read after the token was stored: whoever changes the cluster later finds the token.
  const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  if (cluster.status === 'deploying') {
    await dispatchNodes(needs, cluster, needs.clock.nowMs());
  } else {
    // It runs or has ended already: there is nothing to wait for.
    await needs.workflows.wake(taskToken);
  }
  return { outcome: 'dispatched' };
};

const deploying = async (needs: ProvisionRuntime, clusterId: string) => {
  const nowMs = needs.clock.nowMs();
  const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  if (cluster.status !== 'deployment_requested') return cluster;
  const change = transition(cluster, { kind: 'deploy' }, nowMs);
  const event = {
    kind: 'cluster.deploying' as const,
    status: change.status,
    reasonCode: change.reason,
    actor: 'platform',
    evidence: null,
    atMs: nowMs,
  };
  try {
    await commit(needs, changeCluster(cluster, change, event));
    return { ...cluster, ...change, version: cluster.version + 1 };
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    return present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  }
};

/**
 * Step `stop-nodes` of release-cluster: tells every node of an ended cluster to stop, and lets the
 * workflow wait until all have, or until its time-out: their own `stop_after` ends the silent ones.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { isFenced } from '../../shared/clusters/cluster.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { isOver } from '../../shared/clusters/node.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { putWait } from '../../shared/clusters/wait-store.ts';
import { assert, present } from '../../shared/core/assert.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { StepInput, StepOutcome } from '../kit/step.ts';
import { stopNodes } from './stop-nodes.ts';

export type ReleaseRuntime = Runtime & { readonly workflows: Pick<WorkflowPort, 'wake'> };

export const stopNodesStep = async (
  needs: ReleaseRuntime,
  input: StepInput,
): Promise<StepOutcome> => {
  const { cluster_id: clusterId } = input;
  const taskToken = present(input.task_token, 'stop-nodes without a task token');
  const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  assert(isFenced(cluster), `${clusterId} is released before its end`);
  await needs.database.write(putWait(clusterId, taskToken));
  await stopNodes(needs, await listNodes(needs.database, clusterId), needs.clock.nowMs());
  // Read after the token was stored: whoever reports later finds the token and wakes the workflow.
  const nodes = await listNodes(needs.database, clusterId);
  if (nodes.every(({ status }) => isOver(status))) await needs.workflows.wake(taskToken);
  return { outcome: 'stopping' };
};

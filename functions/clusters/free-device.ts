/**
 * Lets go of the device of an assignment whose node is not wanted any more. A device whose node did not
 * confirm its end has to prove itself before it is offered again. Freeing it again changes nothing.
 */
import type { Assignment, Cluster } from '../../shared/clusters/cluster.ts';
import { isOver, type Node } from '../../shared/clusters/node.ts';
import { getDevice, releaseDevice } from '../../shared/devices/device-store.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

/** Whether every node that the cluster ever had on this device is over. */
export const isVacant = (assignment: Assignment, nodes: readonly Node[]): boolean =>
  nodes
    .filter(({ deviceId }) => deviceId === assignment.deviceId)
    .every(({ status }) => isOver(status));

/** `nodes`: every node of the cluster, as read. */
export const freeDevice = (
  needs: CommitRuntime,
  cluster: Cluster,
  assignment: Assignment,
  nodes: readonly Node[],
  nowMs: number,
): Promise<void> =>
  retryRefused(needs, async () => {
    const device = await getDevice(needs.database, assignment.deviceId);
    if (device?.hiredBy !== cluster.id) return;
    const verified = isVacant(assignment, nodes);
    const release = { clusterId: cluster.id, verified, reason: cluster.reason, nowMs };
    await commit(needs, releaseDevice(device, release));
  });

/** GET /v1/clusters/{cluster_id}/nodes: which devices serve the cluster, and how they fare. */
import { acceptanceOf } from '../../shared/clusters/acceptance.ts';
import { requireCluster } from '../../shared/clusters/cluster-store.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import { toList } from '../../shared/core/wire.ts';
import { getDevices } from '../../shared/devices/device-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { nodeToJson } from './cluster-json.ts';
import { acceptanceResults } from './open-acceptance.ts';

export const listClusterNodes = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly cluster_id: string }, unknown, unknown>,
) => {
  const { cluster_id } = call.params;
  const cluster = await requireCluster(needs.database, cluster_id, call.caller.organisationId);
  const deviceIds = [...new Set(cluster.assignments.map(({ deviceId }) => deviceId))];
  const [devices, nodes, usage, results] = await Promise.all([
    getDevices(needs.database, deviceIds),
    listNodes(needs.database, cluster.id),
    getUsage(needs.database, cluster.id),
    acceptanceResults(needs, cluster),
  ]);
  const rows = cluster.assignments.map((assignment) =>
    nodeToJson(cluster, assignment, {
      device: devices.find(({ id }) => id === assignment.deviceId)?.publicId ?? 'unknown',
      node: nodes.find(({ id }) => id === assignment.nodeId),
      usage,
      acceptance: acceptanceOf(cluster, assignment, results, call.nowMs),
    }),
  );
  return toList(rows, undefined);
};

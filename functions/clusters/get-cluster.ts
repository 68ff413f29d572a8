/** GET /v1/clusters/{cluster_id}: one's own cluster, its progress and its cost so far. */
import { requireCluster } from '../../shared/clusters/cluster-store.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { clusterToJson } from './cluster-json.ts';

export const getCluster = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly cluster_id: string }, unknown, unknown>,
) => {
  const { cluster_id } = call.params;
  const cluster = await requireCluster(needs.database, cluster_id, call.caller.organisationId);
  const [usage, nodes] = await Promise.all([
    getUsage(needs.database, cluster.id),
    listNodes(needs.database, cluster.id),
  ]);
  return clusterToJson(cluster, { usage, nodes });
};

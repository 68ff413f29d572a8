/** GET /v1/clusters: the organisation's clusters, newest first. */
import { listClustersByOrganisation } from '../../shared/clusters/cluster-store.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import { toList } from '../../shared/core/wire.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { clusterToJson } from './cluster-json.ts';

export const listClusters = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { organisationId } = call.caller;
  const page = await listClustersByOrganisation(needs.database, organisationId, call.query);
  const rows = page.clusters.map(async (cluster) => {
    const [usage, nodes] = await Promise.all([
      getUsage(needs.database, cluster.id),
      listNodes(needs.database, cluster.id),
    ]);
    return clusterToJson(cluster, { usage, nodes });
  });
  return toList(await Promise.all(rows), page.next);
};

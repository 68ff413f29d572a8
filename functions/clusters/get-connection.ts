/** GET /v1/clusters/{cluster_id}/connection: address and token, for the owner's own Ray tools. */
import { requireCluster } from '../../shared/clusters/cluster-store.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const getConnection = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly cluster_id: string }, unknown, unknown>,
) => {
  const { cluster_id } = call.params;
  const cluster = await requireCluster(needs.database, cluster_id, call.caller.organisationId);
  const head = cluster.headEndpoint;
  if (cluster.stoppedAtMs !== null) {
    throw new AppError('cluster.wrong_status', { message: 'The cluster has ended.' });
  }
  if (cluster.status !== 'running' || !head) throw new AppError('cluster.not_reachable_yet');
  return {
    object: 'connection' as const,
    ray_address: `http://${head.address}:${head.dashboardPort}`,
    client_address: `ray://${head.address}:${head.clientPort}`,
    gcs_address: `${head.address}:${head.gcsPort}`,
    token: cluster.authToken,
    ray_version: cluster.rayVersion,
    python_version: cluster.pythonVersion,
    reachable_from: `The private network of the supplier's site (${cluster.siteId}).`,
  };
};

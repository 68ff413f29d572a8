/**
 * POST /v1/clusters/{cluster_id}/terminate: the customer ends the cluster. The fence falls at once; nodes
 * stop and the bill is settled by the release that follows. Asking again is the same answer.
 */
import { requireCluster } from '../../shared/clusters/cluster-store.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { endCluster } from './end-cluster.ts';
import { getCluster } from './get-cluster.ts';

export const terminateCluster = async (
  needs: Runtime,
  call: Call<'key', { readonly cluster_id: string }, unknown, unknown>,
) => {
  const { cluster_id } = call.params;
  const cluster = await requireCluster(needs.database, cluster_id, call.caller.organisationId);
  const ended = await endCluster(needs, cluster.id, {
    event: { kind: 'request_termination' },
    actor: call.caller.keyId,
    evidence: null,
    nowMs: call.nowMs,
  });
  if (!ended.terminatedByCustomer) {
    throw new AppError('cluster.wrong_status', {
      message: `The cluster has ended already; it is ${ended.status}.`,
    });
  }
  return getCluster(needs, call);
};

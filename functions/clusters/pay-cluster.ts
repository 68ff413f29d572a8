/** POST /v1/clusters/{cluster_id}/pay: pays an unpaid cluster now. Asking again is the same answer. */
import { requireCluster } from '../../shared/clusters/cluster-store.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { getCluster } from './get-cluster.ts';
import { payUnpaid } from './pay-unpaid.ts';

export const payCluster = async (
  needs: Runtime,
  call: Call<'key', { readonly cluster_id: string }, unknown, unknown>,
) => {
  const { cluster_id } = call.params;
  const { organisationId, keyId } = call.caller;
  const { id } = await requireCluster(needs.database, cluster_id, organisationId);
  const { status } = await payUnpaid(needs, id, { actor: keyId, nowMs: call.nowMs });
  if (status === 'unpaid' || status === 'destroyed') {
    throw new AppError('cluster.wrong_status', {
      message: 'The cluster was not paid in time, or was given up; nothing is charged.',
      suggestion: 'Make a new quote with POST /v1/quotes and order again.',
    });
  }
  return getCluster(needs, call);
};

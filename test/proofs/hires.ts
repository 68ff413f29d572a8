/** A cluster of a paying customer that has a machine: what makes its hire count. */
import { commit } from '../../functions/kit/transaction.ts';
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { putCluster } from '../../shared/clusters/cluster-store.ts';
import type { Id } from '../../shared/core/ids.ts';
import { aCluster, anAssignment } from '../clusters/builders.ts';
import type { Machine, ProofsService } from './service.ts';

/** Writes the cluster, which belongs to a stranger unless told; the device is not changed. */
export const makeCluster = async (
  { runtime, strangerId }: ProofsService,
  { device }: Machine,
  changes: Partial<Pick<Cluster, 'organisationId'>> = {},
): Promise<Id<'clu'>> => {
  const supplierId = device.organisationId;
  const cluster = aCluster({
    organisationId: strangerId,
    assignments: [anAssignment(1, { deviceId: device.id, supplierId })],
    ...changes,
  });
  const event = {
    kind: 'cluster.deployment_requested',
    status: cluster.status,
    reasonCode: cluster.reason,
    actor: 'platform',
    evidence: null,
    atMs: runtime.clock.ms,
  } as const;
  await commit(runtime, putCluster(cluster, event));
  return cluster.id;
};

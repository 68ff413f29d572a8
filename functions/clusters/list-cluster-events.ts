/** GET /v1/clusters/{cluster_id}/events: what happened to the cluster, in order, and why. */
import { requireCluster } from '../../shared/clusters/cluster-store.ts';
import { listClusterEvents as listEvents } from '../../shared/clusters/event-store.ts';
import { toList } from '../../shared/core/wire.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { eventToJson } from './cluster-json.ts';

export const listClusterEvents = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly cluster_id: string }, PageQuery, unknown>,
) => {
  const { cluster_id } = call.params;
  const cluster = await requireCluster(needs.database, cluster_id, call.caller.organisationId);
  const page = await listEvents(needs.database, cluster.id, call.query);
  return toList(page.events.map(eventToJson), page.next);
};

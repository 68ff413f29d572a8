/**
 * POST /v1/clusters: spends a quote. One transaction makes the cluster, reserves its devices at the
 * versions that were planned from, takes the hold and spends the quote; a lost race plans again.
 */
import type * as z from 'zod';
import { admissionWindow, admitCluster } from '../../shared/clusters/admission.ts';
import { getCluster, listClustersByOrganisation } from '../../shared/clusters/cluster-store.ts';
import type { createClusterSchema } from '../../shared/clusters/schemas.ts';
import { contention, WriteRefused } from '../../shared/core/database.ts';
import { requireOpen } from '../../shared/market/quote.ts';
import { requireQuote } from '../../shared/market/quote-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';
import { clusterToJson } from './cluster-json.ts';
import { planCluster } from './plan-cluster.ts';

type CreateCall = Call<'key', unknown, unknown, z.output<typeof createClusterSchema>>;

const attemptsMax = 4;

export const createCluster = async (needs: Runtime, call: CreateCall) => {
  const { organisationId } = call.caller;
  const clusterId = call.newId('clu');
  const made = await getCluster(needs.database, clusterId);
  // A resumed attempt: the cluster was made before its answer was stored.
  if (made) return clusterToJson(made, undefined);
  const quote = await requireQuote(needs.database, organisationId, call.body.quote_id);
  requireOpen(quote, call.nowMs);
  const page = { limit: admissionWindow };
  const recent = await listClustersByOrganisation(needs.database, organisationId, page);
  admitCluster(recent.clusters, call.nowMs);
  const nodeIds = quote.lines.map(() => call.newId('nod'));
  for (let attempt = 1; ; attempt += 1) {
    const plan = await planCluster(needs, {
      clusterId,
      nodeIds,
      name: call.body.name,
      payLater: call.body.pay_later,
      quote,
      actor: call.caller.keyId,
      nowMs: call.nowMs,
      attempt,
    });
    try {
      await commit(needs, plan.writes);
      return clusterToJson(plan.cluster, undefined);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      const own = await getCluster(needs.database, clusterId);
      if (own) return clusterToJson(own, undefined);
      if (attempt === attemptsMax) throw contention(error);
      // Who spent the quote in between decides whether there is anything left to plan.
      requireOpen(await requireQuote(needs.database, organisationId, quote.id), call.nowMs);
    }
  }
};

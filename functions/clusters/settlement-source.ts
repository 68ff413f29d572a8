/**
 * The clusters' side of a settlement: the cluster and its proven times, read anew whenever the ledger
 * asks. Once the fence has fallen both stand still.
 */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { settledUsage } from '../../shared/clusters/usage.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import { present } from '../../shared/core/assert.ts';
import type { Database } from '../../shared/core/database.ts';
import type { SettlementNode } from '../../shared/ledger/settlement.ts';
import type { SettlementSource } from '../ledger/settle-cluster.ts';

/** For a cluster that runs or ran; a BugError for one that never did. */
export const settlementSource = (database: Database, clusterId: string): SettlementSource => {
  const load = async () => present(await getCluster(database, clusterId), `no ${clusterId}`);
  return {
    clusterId,
    async loadCluster() {
      const cluster = await load();
      return {
        clusterId,
        organisation: cluster.organisationId,
        runningAtMs: present(cluster.runningAtMs, `${clusterId} never ran`),
        stoppedAtMs: cluster.stoppedAtMs ?? undefined,
        paidUntilMs: present(cluster.paidUntilMs, `${clusterId} never ran`),
        terminatedByCustomer: cluster.terminatedByCustomer,
      };
    },
    async loadNodes({ paidUntilMs }) {
      return settlementNodes(database, await load(), paidUntilMs);
    },
  };
};

const settlementNodes = async (
  database: Database,
  cluster: Cluster,
  paidUntilMs: number,
): Promise<readonly SettlementNode[]> => {
  const usage = present(await getUsage(database, cluster.id), `${cluster.id} ran without usage`);
  const proven = settledUsage(usage, paidUntilMs);
  return cluster.assignments.flatMap((assignment): SettlementNode[] => {
    const node = proven[assignment.nodeId];
    if (!node) return [];
    return [
      {
        nodeId: assignment.nodeId,
        lineId: assignment.lineId,
        supplier: assignment.supplierId,
        linked: assignment.linked,
        rateUnitsPerHour: assignment.rateUnitsPerHour,
        provenMs: node.provenMs,
        provenMsInsidePaidUntil: node.insideMs,
        lost: node.lost,
      },
    ];
  });
};

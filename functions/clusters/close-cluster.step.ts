/**
 * Step `close-cluster` of release-cluster: settles the rest, writes the invoice, frees the devices, closes
 * the cluster. Each part does nothing when it was done before, so the step may be repeated at any point.
 */
import { type Cluster, isFenced, lineOf, warnAtMs } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { deleteDue } from '../../shared/clusters/due-store.ts';
import { transition } from '../../shared/clusters/lifecycle.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { assert, present } from '../../shared/core/assert.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { StepInput, StepOutcome } from '../kit/step.ts';
import { commit } from '../kit/transaction.ts';
import { settleCluster } from '../ledger/settle-cluster.ts';
import { voidHold } from '../ledger/void-hold.ts';
import { type InvoiceRuntime, issueInvoice } from '../payments/invoices/issue-invoice.ts';
import { freeDevice } from './free-device.ts';
import { settlementSource } from './settlement-source.ts';

type CloseRuntime = Runtime & InvoiceRuntime;

export const closeClusterStep = async (
  needs: CloseRuntime,
  input: StepInput,
): Promise<StepOutcome> => {
  const nowMs = needs.clock.nowMs();
  const { cluster_id: clusterId } = input;
  const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  assert(isFenced(cluster), `${clusterId} is closed before its end`);
  if (cluster.closedAtMs !== null) return { outcome: 'closed' };
  await closeBooks(needs, cluster, nowMs);
  const nodes = await listNodes(needs.database, clusterId);
  for (const assignment of cluster.assignments) {
    await freeDevice(needs, cluster, assignment, nodes, nowMs);
  }
  await close(needs, cluster, nowMs);
  return { outcome: 'closed' };
};

/** The final settlement and the invoice of a cluster that ran; else its hold simply returns. */
const closeBooks = async (needs: CloseRuntime, cluster: Cluster, nowMs: number): Promise<void> => {
  const { id: clusterId, runningAtMs, stoppedAtMs } = cluster;
  if (runningAtMs === null) {
    await voidHold(needs, { clusterId, runningAtMs: undefined });
    return;
  }
  await settleCluster(needs, settlementSource(needs.database, clusterId), true);
  await issueInvoice(needs, {
    cluster: {
      clusterId,
      organisation: cluster.organisationId,
      name: cluster.name,
      runningAtMs,
      stoppedAtMs: present(stoppedAtMs, `${clusterId} is not fenced`),
    },
    nodes: cluster.assignments.map((assignment) => {
      const { role, model } = lineOf(cluster, assignment);
      const { nodeId, rateUnitsPerHour } = assignment;
      return { nodeId, role, model, rateUnitsPerHour };
    }),
    issuedAtMs: nowMs,
  });
};

const close = async (needs: Runtime, cluster: Cluster, nowMs: number): Promise<void> => {
  const change = transition(cluster, { kind: 'close' }, nowMs);
  await commit(needs, [
    ...changeCluster(cluster, change, {
      kind: 'cluster.closed',
      status: change.status,
      reasonCode: change.reason,
      actor: 'platform',
      evidence: null,
      atMs: nowMs,
    }),
    ...[cluster.paidUntilMs ?? cluster.provisionUntilMs, warnAtMs(cluster)]
      .filter((dueAtMs) => dueAtMs !== undefined)
      .map((dueAtMs) => deleteDue({ clusterId: cluster.id, dueAtMs })),
  ]);
};

/** Clusters, nodes and events as customers read them. */
import type * as z from 'zod';
import type { DeviceAcceptance } from '../../shared/clusters/acceptance.ts';
import {
  type Assignment,
  activeAssignments,
  type Cluster,
  type ClusterReason,
  lineOf,
} from '../../shared/clusters/cluster.ts';
import { costUnits } from '../../shared/clusters/cost.ts';
import type { StoredClusterEvent } from '../../shared/clusters/event.ts';
import type { Node } from '../../shared/clusters/node.ts';
import type { clusterNodeSchema, clusterSchema } from '../../shared/clusters/schemas.ts';
import { settledUsage, type Usage } from '../../shared/clusters/usage.ts';
import { present } from '../../shared/core/assert.ts';
import { moneyToJson, usd } from '../../shared/core/money.ts';
import { hourMs, isoOf, isoOrNull, secondMs } from '../../shared/core/time.ts';
import { holdAmount } from '../../shared/ledger/hold.ts';

/** What is known beside the cluster's own item. */
interface Beside {
  readonly usage: Usage | undefined;
  readonly nodes: readonly Node[];
}

/** A cluster; without `beside` it shows no progress and no cost, as right after its creation. */
export const clusterToJson = (
  cluster: Cluster,
  beside: Beside | undefined,
): z.input<typeof clusterSchema> => ({
  id: cluster.id,
  object: 'cluster',
  name: cluster.name,
  status: cluster.status,
  status_reason: cluster.reason,
  suggestion: suggestions[cluster.reason] ?? null,
  quote_id: cluster.quoteId,
  region: cluster.region,
  ray_version: cluster.rayVersion,
  python_version: cluster.pythonVersion,
  hours: cluster.orderedMs / hourMs,
  payment_due:
    cluster.status === 'unpaid'
      ? {
          hold: moneyToJson(usd(holdAmount(cluster.lines, cluster.orderedMs))),
          until: isoOf(present(cluster.payUntilMs, 'unpaid for ever')),
        }
      : null,
  proof_consent: cluster.proofConsent,
  lines: cluster.lines.map((line) => {
    const serving = cluster.assignments.findLast(({ lineId }) => lineId === line.lineId);
    return {
      line_id: line.lineId,
      role: line.role,
      model: line.model,
      processors: line.processors,
      price_per_hour: moneyToJson(usd(serving?.rateUnitsPerHour ?? line.rateUnitsPerHour)),
    };
  }),
  progress: {
    nodes_alive: activeAssignments(cluster).filter(({ nodeId }) =>
      beside?.nodes.some((node) => node.id === nodeId && node.status === 'alive'),
    ).length,
    nodes_ordered: cluster.lines.length,
  },
  cost: moneyToJson(usd(costUnits(cluster, beside?.usage))),
  created_at: isoOf(cluster.createdAtMs),
  running_at: isoOrNull(cluster.runningAtMs),
  paid_until: isoOrNull(cluster.paidUntilMs),
  stopped_at: isoOrNull(cluster.stoppedAtMs),
  closed_at: isoOrNull(cluster.closedAtMs),
});

/** What a customer may do about a cluster that failed. */
const suggestions: Readonly<Partial<Record<ClusterReason, string>>> = {
  no_replacement:
    'Nothing is charged. The events say what was wrong with the devices; a new quote, for other ' +
    'regions or models, finds others.',
  provisioning_timed_out:
    'Nothing is charged. Make a new quote and try again; the events say what was waited for.',
  head_lost: 'Only the time until the loss is charged. Make a new quote to begin anew.',
  awaiting_payment:
    'Add credit of at least what the event says is missing; the cluster then goes on within a minute, ' +
    'or at once with POST /v1/clusters/{cluster_id}/pay.',
  payment_timed_out:
    'Nothing is charged. Add credit, make a new quote and order again; the events say what was missing.',
  budget_reached:
    'Only the proven time is charged. The events name the budget; raise its limit with PATCH ' +
    '/v1/budgets/{budget_id} and order anew.',
  payment_disputed:
    'Only the proven time is charged. Write to the operator, who looks at the disputed payment and lifts ' +
    'the freeze; then order anew.',
  platform_fault: 'Nothing is charged for what did not run. Make a new quote and try again.',
};

/** A node of a cluster; `device` is the public name of its device. */
export const nodeToJson = (
  cluster: Cluster,
  assignment: Assignment,
  known: {
    readonly device: string;
    readonly node: Node | undefined;
    readonly usage: Usage | undefined;
    readonly acceptance: DeviceAcceptance | null;
  },
): z.input<typeof clusterNodeSchema> => {
  const line = lineOf(cluster, assignment);
  const proven = known.usage && settledUsage(known.usage, cluster.paidUntilMs ?? 0);
  const own = known.node?.status ?? 'reserved';
  return {
    id: assignment.nodeId,
    object: 'node',
    line_id: line.lineId,
    role: line.role,
    model: line.model,
    processors: line.processors,
    device: known.device,
    status: assignment.state === 'active' ? own : assignment.state,
    status_reason: assignment.fault?.reason ?? known.node?.reason ?? null,
    acceptance: known.acceptance,
    price_per_hour: moneyToJson(usd(assignment.rateUnitsPerHour)),
    proven_seconds: Math.floor((proven?.[assignment.nodeId]?.provenMs ?? 0) / secondMs),
  };
};

export const eventToJson = (event: StoredClusterEvent) => ({
  object: 'event' as const,
  sequence: event.sequence,
  kind: event.kind,
  status: event.status,
  reason_code: event.reasonCode,
  // Which device acted is the platform's to know; its public name stands with the node.
  actor: event.actor.startsWith('dev_') ? 'device' : event.actor,
  evidence: event.evidence,
  at: isoOf(event.atMs),
});

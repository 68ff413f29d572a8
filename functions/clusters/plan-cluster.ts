/**
 * Plans the one transaction that makes a cluster: its item, event and due entry, the quote spent, and what
 * hiring for it takes. Without the credit for it a cluster may be made that waits for payment and reserves
 * nothing. Reads, decides, writes nothing.
 */
import { type Cluster, unpaidMsMax } from '../../shared/clusters/cluster.ts';
import { putCluster } from '../../shared/clusters/cluster-store.ts';
import { putDue } from '../../shared/clusters/due-store.ts';
import type { ClusterEventDetail } from '../../shared/clusters/event.ts';
import { type NewCluster, newCluster } from '../../shared/clusters/new-cluster.ts';
import type { Write } from '../../shared/core/database.ts';
import { base32, type Id } from '../../shared/core/ids.ts';
import { formatUsd } from '../../shared/core/money.ts';
import { isoOf } from '../../shared/core/time.ts';
import { spendQuote } from '../../shared/market/quote-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { type CreditShort, paymentRequired, planHire } from './plan-hire.ts';

export interface ClusterOrder extends Omit<NewCluster, 'hired' | 'authToken'> {
  /** One per line of the quote, in their order. */
  readonly nodeIds: readonly Id<'nod'>[];
  /** Counts the plans of one request; each breaks ties its own way. */
  readonly attempt: number;
  /** Whether to wait for credit that is missing. */
  readonly payLater: boolean;
}

/** Throws `cluster.no_capacity`, `cluster.payment_required` and what `planHire` throws. */
export const planCluster = async (
  needs: Pick<Runtime, 'database' | 'randomness'>,
  order: ClusterOrder,
): Promise<{ readonly cluster: Cluster; readonly writes: readonly Write[] }> => {
  const { quote, nowMs } = order;
  const hire = await planHire(needs, order);
  const held = hire.outcome === 'held';
  if (!held && !order.payLater) throw paymentRequired(hire);
  const authToken = base32(needs.randomness.bytes(32));
  const hired = held ? { siteId: hire.match.siteId, assignments: hire.assignments } : undefined;
  const cluster = newCluster({ ...order, hired, authToken });
  const event: ClusterEventDetail = {
    kind: held ? 'cluster.deployment_requested' : 'cluster.unpaid',
    status: cluster.status,
    reasonCode: cluster.reason,
    actor: order.actor,
    evidence: held ? null : shortWords(hire, nowMs),
    atMs: nowMs,
  };
  const writes = [
    ...putCluster(cluster, event),
    spendQuote(quote, cluster.id, nowMs),
    putDue({ clusterId: cluster.id, dueAtMs: cluster.payUntilMs ?? cluster.provisionUntilMs }),
    ...(held ? hire.writes : []),
  ];
  return { cluster, writes };
};

const shortWords = ({ needed, shortfall }: CreditShort, nowMs: number): string =>
  `The cluster needs a hold of ${formatUsd(needed)}; ${formatUsd(shortfall)} is missing. ` +
  `It waits for it until ${isoOf(nowMs + unpaidMsMax)}; no device is reserved meanwhile.`;

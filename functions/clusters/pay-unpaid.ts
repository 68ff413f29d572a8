/**
 * Pays an unpaid cluster: one transaction moves it to `deployment_requested`, at the price that it was
 * quoted, with the devices, the hold and the budgets of now. What follows is the way of every cluster, for
 * its event is that of an order. Paying what is paid changes nothing.
 */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { changeCluster, getCluster } from '../../shared/clusters/cluster-store.ts';
import { deleteDue, putDue } from '../../shared/clusters/due-store.ts';
import { transition } from '../../shared/clusters/lifecycle.ts';
import { present } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { newId } from '../../shared/core/ids.ts';
import { getQuote } from '../../shared/market/quote-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { commit } from '../kit/transaction.ts';
import { payDueOf } from './end-cluster.ts';
import { paymentRequired, planHire } from './plan-hire.ts';
import { missingUnits } from './unpaid-words.ts';

/**
 * Answers the cluster as it then is: still unpaid when its time to pay is over. Throws
 * `cluster.payment_required` and what `planHire` throws, and changes nothing then.
 */
export const payUnpaid = (
  needs: CommitRuntime,
  clusterId: string,
  payment: { readonly actor: string; readonly nowMs: number },
): Promise<Cluster> => {
  let attempt = 0;
  return retryRefused(needs, async () => {
    attempt += 1;
    const cluster = present(await getCluster(needs.database, clusterId), `no ${clusterId} to pay`);
    const { payUntilMs } = cluster;
    if (cluster.status !== 'unpaid' || payment.nowMs >= (payUntilMs ?? 0)) return cluster;
    const plan = await planPayment(needs, cluster, { ...payment, attempt });
    await commit(needs, plan.writes);
    return plan.cluster;
  });
};

/** The schedule's way: tries only where the credit suffices, and leaves for later what else is missing. */
export const payWithCredit = async (
  needs: CommitRuntime,
  cluster: Cluster,
  nowMs: number,
): Promise<void> => {
  if ((await missingUnits(needs.database, cluster)) > 0n) return;
  try {
    await payUnpaid(needs, cluster.id, { actor: 'platform', nowMs });
  } catch (error) {
    const waits = error instanceof AppError && waitFor.includes(error.code);
    if (!waits) throw error;
  }
};

/** What may change until the time to pay is over. */
const waitFor: readonly AppError['code'][] = [
  'cluster.payment_required',
  'cluster.no_capacity',
  'budget.exceeded',
  'cluster.payments_frozen',
];

const planPayment = async (
  needs: CommitRuntime,
  cluster: Cluster,
  payment: { readonly actor: string; readonly nowMs: number; readonly attempt: number },
): Promise<{ readonly cluster: Cluster; readonly writes: readonly Write[] }> => {
  const { nowMs, attempt } = payment;
  const quote = present(await getQuote(needs.database, cluster.quoteId), 'a quote vanished');
  const nodeIds = cluster.lines.map(() => newId('nod', nowMs, needs.randomness));
  const actor = present(cluster.orderedBy, `nobody ordered ${cluster.id}`);
  const clusterId = cluster.id;
  const hire = await planHire(needs, { clusterId, nodeIds, quote, actor, attempt, nowMs });
  if (hire.outcome === 'payment_required') throw paymentRequired(hire);
  const { assignments, match } = hire;
  const moved = transition(cluster, { kind: 'pay' }, nowMs);
  const change = { ...moved, assignments, siteId: match.siteId };
  const paid = { ...cluster, ...change, version: cluster.version + 1 };
  const event = {
    kind: 'cluster.deployment_requested' as const,
    status: change.status,
    reasonCode: change.reason,
    actor: payment.actor,
    evidence: null,
    atMs: nowMs,
  };
  const writes = [
    ...changeCluster(cluster, change, event),
    deleteDue(payDueOf(cluster)),
    putDue({ clusterId, dueAtMs: paid.provisionUntilMs }),
    ...hire.writes,
  ];
  return { cluster: paid, writes };
};

/**
 * Plans the one transaction that makes a cluster: its item, event and due entry, the quote spent, the
 * devices reserved at the versions that were read, the hold, and what its budgets count. Reads, decides, writes nothing.
 */
import { activeAssignments, type Cluster } from '../../shared/clusters/cluster.ts';
import { putCluster } from '../../shared/clusters/cluster-store.ts';
import { putDue } from '../../shared/clusters/due-store.ts';
import { type NewCluster, newCluster } from '../../shared/clusters/new-cluster.ts';
import { present } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { base32, type Id } from '../../shared/core/ids.ts';
import { formatUsd, moneyToJson, usd } from '../../shared/core/money.ts';
import { hourMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { reserveDevice } from '../../shared/devices/device-store.ts';
import { holdIdOf, planTakeHold } from '../../shared/ledger/hold.ts';
import { getCredit } from '../../shared/ledger/ledger-store.ts';
import { spendQuote } from '../../shared/market/quote-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { findDevices } from './find-devices.ts';
import { planCommitment } from './plan-commitment.ts';

export interface ClusterOrder extends Omit<NewCluster, 'match' | 'authToken'> {
  /** Who orders: `key_...`. */
  readonly actor: Id<'key'>;
  /** Counts the plans of one request; each breaks ties its own way. */
  readonly attempt: number;
}

/** Throws `cluster.no_capacity`, `cluster.payment_required` and `budget.exceeded`. */
export const planCluster = async (
  needs: Pick<Runtime, 'database' | 'randomness'>,
  order: ClusterOrder,
): Promise<{ readonly cluster: Cluster; readonly writes: readonly Write[] }> => {
  const { clusterId, quote, nowMs } = order;
  const [{ match, devices }, credit, commitment] = await Promise.all([
    findDevices(needs.database, quote, `${clusterId} ${order.attempt}`, nowMs),
    getCredit(needs.database, quote.organisationId),
    planCommitment(needs.database, order),
  ]);
  const hold = planTakeHold({
    holdId: holdIdOf(clusterId),
    clusterId,
    organisation: quote.organisationId,
    lines: quote.lines,
    orderedMs: quote.hours * hourMs,
    ...credit,
    nowMs,
  });
  if (hold.outcome === 'payment_required') throw paymentRequired(hold);
  const authToken = base32(needs.randomness.bytes(32));
  const cluster = newCluster({ ...order, match, authToken });
  const event = {
    kind: 'cluster.deployment_requested' as const,
    status: cluster.status,
    reasonCode: cluster.reason,
    actor: order.actor,
    evidence: null,
    atMs: nowMs,
  };
  const writes = [
    ...putCluster(cluster, event),
    spendQuote(quote, cluster.id, nowMs),
    putDue({ clusterId: cluster.id, dueAtMs: cluster.provisionUntilMs }),
    ...planReservations(cluster, devices, nowMs),
    ...hold.writes,
    ...commitment,
  ];
  return { cluster, writes };
};

/** Reserves each device at the version that was planned from. */
const planReservations = (
  cluster: Cluster,
  devices: readonly Device[],
  nowMs: number,
): readonly Write[] =>
  activeAssignments(cluster).map(({ deviceId, nodeId }) => {
    const found = devices.find(({ id }) => id === deviceId);
    const device = present(found, `no device ${deviceId}`);
    const { id: clusterId, proofConsent } = cluster;
    return reserveDevice(device, { clusterId, nodeId, sinceMs: nowMs, proofConsent });
  });

const paymentRequired = (credit: {
  readonly shortfall: bigint;
  readonly needed: bigint;
  readonly available: bigint;
}): AppError =>
  new AppError('cluster.payment_required', {
    message:
      `The cluster needs a hold of ${formatUsd(credit.needed)}; ` +
      `${formatUsd(credit.available)} of credit is available.`,
    extra: {
      needed: moneyToJson(usd(credit.needed)),
      available: moneyToJson(usd(credit.available)),
      shortfall: moneyToJson(usd(credit.shortfall)),
    },
  });

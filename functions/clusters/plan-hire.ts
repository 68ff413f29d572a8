/**
 * Plans what hiring for a cluster takes, whether it is ordered or paid later: devices as they are now,
 * reserved at the versions that were read, the hold, and what its budgets count. Reads, decides, writes
 * nothing.
 */
import type { Assignment } from '../../shared/clusters/cluster.ts';
import { assignmentsOf, type NewCluster } from '../../shared/clusters/new-cluster.ts';
import { present } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Id } from '../../shared/core/ids.ts';
import { formatUsd, moneyToJson, usd } from '../../shared/core/money.ts';
import { hourMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { reserveDevice } from '../../shared/devices/device-store.ts';
import { findLinked } from '../../shared/identity/link-store.ts';
import type { CredentialId } from '../../shared/identity/principal.ts';
import { holdIdOf, planTakeHold, type TakeHoldDecision } from '../../shared/ledger/hold.ts';
import { getCredit } from '../../shared/ledger/ledger-store.ts';
import type { QuotedMatch } from '../../shared/market/quoted-match.ts';
import type { Runtime } from '../kit/runtime.ts';
import { findDevices } from './find-devices.ts';
import { planCommitment } from './plan-commitment.ts';

export interface HireOrder {
  readonly clusterId: Id<'clu'>;
  /** One per line of the quote, in their order. */
  readonly nodeIds: readonly Id<'nod'>[];
  readonly quote: NewCluster['quote'];
  /** Whose budget it counts against beside the organisation's. */
  readonly actor: CredentialId;
  /** Counts the plans of one request; each breaks ties its own way. */
  readonly attempt: number;
  readonly nowMs: number;
}

export type CreditShort = Extract<TakeHoldDecision, { readonly outcome: 'payment_required' }>;

export type Hire =
  | {
      readonly outcome: 'held';
      readonly match: QuotedMatch;
      readonly assignments: readonly Assignment[];
      readonly writes: readonly Write[];
    }
  | CreditShort;

/**
 * Throws `cluster.no_capacity`, `budget.exceeded` and `cluster.payments_frozen`; too little credit is an
 * answer.
 */
export const planHire = async (
  needs: Pick<Runtime, 'database'>,
  order: HireOrder,
): Promise<Hire> => {
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
  if (hold.outcome === 'payment_required') return hold;
  const { organisationId } = quote;
  const suppliers = devices.map((device) => device.organisationId);
  const linked = await findLinked(needs.database, organisationId, suppliers);
  const assignments = assignmentsOf(match, order.nodeIds, { organisationId, linked });
  const reservations = planReservations(order, assignments, devices);
  const writes = [...reservations, ...hold.writes, ...commitment];
  return { outcome: 'held', match, assignments, writes };
};

/** Reserves each device at the version that was planned from. */
const planReservations = (
  { clusterId, quote, nowMs }: HireOrder,
  assignments: readonly Assignment[],
  devices: readonly Device[],
): readonly Write[] =>
  assignments.map(({ deviceId, nodeId }) => {
    const found = devices.find(({ id }) => id === deviceId);
    const device = present(found, `no device ${deviceId}`);
    const { proofConsent } = quote;
    return reserveDevice(device, { clusterId, nodeId, sinceMs: nowMs, proofConsent });
  });

/** The refusal of who does not want to pay later, or still cannot. */
export const paymentRequired = (credit: {
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

/**
 * POST /v1/clusters: spends a quote. One transaction makes the cluster, reserves its devices at the
 * versions that were planned from, takes the hold and spends the quote; a lost race plans again.
 */
import type * as z from 'zod';
import { admissionWindow, admitCluster } from '../../shared/clusters/admission.ts';
import { activeAssignments, type Cluster, provisionMsMax } from '../../shared/clusters/cluster.ts';
import {
  getCluster,
  listClustersByOrganisation,
  putCluster,
} from '../../shared/clusters/cluster-store.ts';
import { putDue } from '../../shared/clusters/due-store.ts';
import type { createClusterSchema } from '../../shared/clusters/schemas.ts';
import { present } from '../../shared/core/assert.ts';
import { contention, type Database, type Write, WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { base32, type Id } from '../../shared/core/ids.ts';
import { formatUsd, moneyToJson, usd } from '../../shared/core/money.ts';
import { hourMs } from '../../shared/core/time.ts';
import { type Device, isOffered } from '../../shared/devices/device.ts';
import { getDevices, reserveDevice } from '../../shared/devices/device-store.ts';
import { holdIdOf, planTakeHold } from '../../shared/ledger/hold.ts';
import { getCredit } from '../../shared/ledger/ledger-store.ts';
import type { Offer } from '../../shared/market/offer.ts';
import { type Quote, requireOpen } from '../../shared/market/quote.ts';
import { requireQuote, spendQuote } from '../../shared/market/quote-store.ts';
import { planQuotedMatch, type QuotedMatch } from '../../shared/market/quoted-match.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';
import { loadOffers } from '../market/load-offers.ts';
import { clusterToJson } from './cluster-json.ts';

type CreateCall = Call<'key', unknown, unknown, z.output<typeof createClusterSchema>>;

const attemptsMax = 4;
/** How often one attempt plans around devices that the index still lists and that are taken. */
const stalePlansMax = 5;

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
    const plan = await planCluster(needs, call, quote, { clusterId, nodeIds, attempt });
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

const planCluster = async (
  needs: Runtime,
  call: CreateCall,
  quote: Quote,
  made: {
    readonly clusterId: Id<'clu'>;
    readonly nodeIds: readonly Id<'nod'>[];
    readonly attempt: number;
  },
): Promise<{ readonly cluster: Cluster; readonly writes: readonly Write[] }> => {
  const { nowMs } = call;
  const models = [...new Set(quote.lines.map(({ model }) => model))];
  const [offers, credit] = await Promise.all([
    loadOffers(needs.database, models, nowMs),
    getCredit(needs.database, quote.organisationId),
  ]);
  const tieBreak = `${made.clusterId} ${made.attempt}`;
  const { match, devices } = await matchFree(needs.database, quote, offers, tieBreak, nowMs);
  const orderedMs = quote.hours * hourMs;
  const hold = planTakeHold({
    holdId: holdIdOf(made.clusterId),
    clusterId: made.clusterId,
    organisation: quote.organisationId,
    lines: quote.lines,
    orderedMs,
    ...credit,
    nowMs,
  });
  if (hold.outcome === 'payment_required') throw paymentRequired(hold);
  const cluster = newCluster(needs, call, quote, match, made);
  const event = {
    kind: 'cluster.deployment_requested' as const,
    status: cluster.status,
    reasonCode: cluster.reason,
    actor: call.caller.keyId,
    evidence: null,
    atMs: nowMs,
  };
  return {
    cluster,
    writes: [
      ...putCluster(cluster, event),
      spendQuote(quote, cluster.id, nowMs),
      putDue({ clusterId: cluster.id, dueAtMs: cluster.provisionUntilMs }),
      ...planReservations(cluster, devices, nowMs),
      ...hold.writes,
    ],
  };
};

/**
 * Devices for the quoted lines, as they are now. The index that offers come from is stale by moments: what
 * it still offers although it is taken is left out of the next plan.
 */
const matchFree = async (
  database: Database,
  quote: Quote,
  offers: readonly Offer[],
  tieBreak: string,
  nowMs: number,
): Promise<{ readonly match: QuotedMatch; readonly devices: readonly Device[] }> => {
  const { lines, terms, order: filters } = quote;
  let usable = offers;
  for (let plan = 1; plan <= stalePlansMax; plan += 1) {
    const match = planQuotedMatch({ lines, terms, filters, offers: usable, tieBreak });
    if (!match) throw new AppError('cluster.no_capacity');
    const ids = match.nodes.map(({ offer }) => offer.deviceId);
    const devices = await getDevices(database, ids);
    const gone = devices.filter((device) => !isOffered(device, nowMs)).map(({ id }) => id);
    if (gone.length === 0) return { match, devices };
    usable = usable.filter(({ deviceId }) => !gone.includes(deviceId));
  }
  throw contention(undefined);
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
    return reserveDevice(device, { clusterId: cluster.id, nodeId, sinceMs: nowMs });
  });

const newCluster = (
  needs: Runtime,
  call: CreateCall,
  quote: Quote,
  match: QuotedMatch,
  made: { readonly clusterId: Id<'clu'>; readonly nodeIds: readonly Id<'nod'>[] },
): Cluster => ({
  id: made.clusterId,
  organisationId: quote.organisationId,
  name: call.body.name ?? `cluster-${made.clusterId.slice(-6).toLowerCase()}`,
  status: 'deployment_requested',
  reason: 'customer_request',
  version: 1,
  quoteId: quote.id,
  lines: quote.lines.map(({ lineId, role, model, processors, schedulable, rateUnitsPerHour }) => ({
    lineId,
    role,
    model,
    processors,
    schedulable,
    rateUnitsPerHour,
  })),
  assignments: match.nodes.map((node, index) => ({
    nodeId: made.nodeIds[index] as Id<'nod'>,
    lineId: node.lineId,
    deviceId: node.offer.deviceId,
    supplierId: node.offer.organisationId,
    rateUnitsPerHour: node.rateUnitsPerHour,
    state: 'active',
  })),
  siteId: match.siteId,
  region: quote.terms.region,
  rayVersion: quote.terms.rayVersion,
  pythonVersion: quote.terms.pythonMinor,
  authToken: base32(needs.randomness.bytes(32)),
  orderedMs: quote.hours * hourMs,
  createdAtMs: call.nowMs,
  provisionUntilMs: call.nowMs + provisionMsMax,
  headEndpoint: null,
  runningAtMs: null,
  paidUntilMs: null,
  stoppedAtMs: null,
  closedAtMs: null,
  terminatedByCustomer: false,
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

/**
 * Clusters in the clusters table. Every change is conditioned on the version as read, raises it, and
 * puts the event of that number in the same transaction: the event log is the outbox.
 */
import * as z from 'zod';
import { present } from '../core/assert.ts';
import type { Database, Item, Write } from '../core/database.ts';
import { AppError } from '../core/errors.ts';
import { storedId, units, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import type { CredentialId } from '../identity/principal.ts';
import { proofReasonSchema } from '../proofs/schemas.ts';
import {
  type Assignment,
  assertCluster,
  type Cluster,
  type ClusterChange,
  type ClusterLine,
  clusterReasons,
  clusterStatuses,
} from './cluster.ts';
import type { ClusterEventDetail } from './event.ts';
import { putEvent } from './event-store.ts';
import { clusterKey, livePartition, liveShardPartition } from './keys.ts';

const storedLine = z.object({
  line_id: z.string(),
  role: z.enum(['head', 'worker']),
  model: z.string(),
  processors: wholeNumber,
  schedulable: z.boolean(),
  rate: units,
});

const storedAssignment = z.object({
  node_id: storedId<Id<'nod'>>(),
  line_id: z.string(),
  device_id: storedId<Id<'dev'>>(),
  supplier_id: storedId<Id<'org'>>(),
  rate: units,
  /** Absent where they are not, and of assignments that are older than it. */
  linked: z.boolean().optional(),
  state: z.enum(['active', 'replaced', 'lost']),
  fault: z.object({ reason: z.string(), verdict: proofReasonSchema.optional() }).optional(),
});

const storedEndpoint = z.object({
  address: z.string(),
  gcs_port: wholeNumber,
  dashboard_port: wholeNumber,
  client_port: wholeNumber,
});

/** Beside each other in the item, so that a write can be held to the round's number. */
const storedAcceptance = z.object({
  acceptance_round: wholeNumber.optional(),
  acceptance_opened_at_ms: wholeNumber.optional(),
  acceptance_devices: z.array(storedId<Id<'dev'>>()).optional(),
  acceptance_challenged: wholeNumber.optional(),
});

const stored = storedAcceptance.extend({
  id: storedId<Id<'clu'>>(),
  organisation_id: storedId<Id<'org'>>(),
  name: z.string(),
  status: z.enum(clusterStatuses),
  reason: z.enum(clusterReasons),
  v: wholeNumber,
  quote_id: storedId<Id<'quo'>>(),
  lines: z.array(storedLine),
  assignments: z.array(storedAssignment),
  site_id: storedId<Id<'site'>>().optional(),
  ordered_by: storedId<CredentialId>().optional(),
  pay_until_ms: wholeNumber.optional(),
  region: z.string(),
  ray_version: z.string(),
  python_version: z.string(),
  auth_token: z.string(),
  ordered_ms: wholeNumber,
  proof_consent: z.boolean(),
  created_at_ms: wholeNumber,
  provision_until_ms: wholeNumber,
  head_endpoint: storedEndpoint.optional(),
  running_at_ms: wholeNumber.optional(),
  paid_until_ms: wholeNumber.optional(),
  stopped_at_ms: wholeNumber.optional(),
  closed_at_ms: wholeNumber.optional(),
  terminated_by_customer: z.boolean(),
});

const parseAcceptance = (row: z.output<typeof storedAcceptance>): Cluster['acceptance'] =>
  row.acceptance_round === undefined
    ? null
    : {
        number: row.acceptance_round,
        openedAtMs: present(row.acceptance_opened_at_ms, 'a round without a time'),
        deviceIds: present(row.acceptance_devices, 'a round without devices'),
        challenged: present(row.acceptance_challenged, 'a round without a count'),
      };

const parse = (item: Item): Cluster => {
  const row = stored.parse(item);
  return assertCluster({
    id: row.id,
    organisationId: row.organisation_id,
    name: row.name,
    status: row.status,
    reason: row.reason,
    version: row.v,
    quoteId: row.quote_id,
    lines: row.lines.map(({ line_id, rate, ...line }) => ({
      ...line,
      lineId: line_id,
      rateUnitsPerHour: rate,
    })),
    assignments: row.assignments.map((each) => ({
      nodeId: each.node_id,
      lineId: each.line_id,
      deviceId: each.device_id,
      supplierId: each.supplier_id,
      rateUnitsPerHour: each.rate,
      linked: each.linked ?? each.supplier_id === row.organisation_id,
      state: each.state,
      fault: each.fault ? { reason: each.fault.reason, verdict: each.fault.verdict ?? null } : null,
    })),
    siteId: row.site_id ?? null,
    orderedBy: row.ordered_by ?? null,
    payUntilMs: row.pay_until_ms ?? null,
    region: row.region,
    rayVersion: row.ray_version,
    pythonVersion: row.python_version,
    authToken: row.auth_token,
    orderedMs: row.ordered_ms,
    proofConsent: row.proof_consent,
    createdAtMs: row.created_at_ms,
    provisionUntilMs: row.provision_until_ms,
    headEndpoint: row.head_endpoint
      ? {
          address: row.head_endpoint.address,
          gcsPort: row.head_endpoint.gcs_port,
          dashboardPort: row.head_endpoint.dashboard_port,
          clientPort: row.head_endpoint.client_port,
        }
      : null,
    acceptance: parseAcceptance(row),
    runningAtMs: row.running_at_ms ?? null,
    paidUntilMs: row.paid_until_ms ?? null,
    stoppedAtMs: row.stopped_at_ms ?? null,
    closedAtMs: row.closed_at_ms ?? null,
    terminatedByCustomer: row.terminated_by_customer,
  });
};

const lineAttributes = (line: ClusterLine) => ({
  line_id: line.lineId,
  role: line.role,
  model: line.model,
  processors: line.processors,
  schedulable: line.schedulable,
  rate: line.rateUnitsPerHour,
});

const assignmentAttributes = (each: Assignment) => ({
  node_id: each.nodeId,
  line_id: each.lineId,
  device_id: each.deviceId,
  supplier_id: each.supplierId,
  rate: each.rateUnitsPerHour,
  linked: each.linked || undefined,
  state: each.state,
  fault: each.fault
    ? { reason: each.fault.reason, verdict: each.fault.verdict ?? undefined }
    : undefined,
});

/** Attributes that change in a cluster's life; undefined leaves one as it is. */
const changing = (change: ClusterChange) => ({
  name: change.name,
  status: change.status,
  reason: change.reason,
  assignments: change.assignments?.map(assignmentAttributes),
  site_id: change.siteId ?? undefined,
  provision_until_ms: change.provisionUntilMs,
  head_endpoint: change.headEndpoint
    ? {
        address: change.headEndpoint.address,
        gcs_port: change.headEndpoint.gcsPort,
        dashboard_port: change.headEndpoint.dashboardPort,
        client_port: change.headEndpoint.clientPort,
      }
    : undefined,
  acceptance_round: change.acceptance?.number,
  acceptance_opened_at_ms: change.acceptance?.openedAtMs,
  acceptance_devices: change.acceptance?.deviceIds,
  acceptance_challenged: change.acceptance?.challenged,
  running_at_ms: change.runningAtMs ?? undefined,
  paid_until_ms: change.paidUntilMs ?? undefined,
  stopped_at_ms: change.stoppedAtMs ?? undefined,
  closed_at_ms: change.closedAtMs ?? undefined,
  terminated_by_customer: change.terminatedByCustomer,
});

/** Creates the cluster and its first event. */
export const putCluster = (cluster: Cluster, event: ClusterEventDetail): readonly Write[] => {
  assertCluster(cluster);
  return [
    {
      kind: 'put',
      table: 'clusters',
      key: clusterKey(cluster.id),
      attributes: {
        ...changing(cluster),
        id: cluster.id,
        organisation_id: cluster.organisationId,
        v: cluster.version,
        quote_id: cluster.quoteId,
        lines: cluster.lines.map(lineAttributes),
        ordered_by: cluster.orderedBy ?? undefined,
        pay_until_ms: cluster.payUntilMs ?? undefined,
        region: cluster.region,
        ray_version: cluster.rayVersion,
        python_version: cluster.pythonVersion,
        auth_token: cluster.authToken,
        ordered_ms: cluster.orderedMs,
        proof_consent: cluster.proofConsent,
        created_at_ms: cluster.createdAtMs,
        owner: cluster.organisationId,
        owner_sk: `CLUSTER#${cluster.id}`,
        live_pk: livePartition(cluster.id),
        live_sk: cluster.id,
      },
      condition: { exists: false },
    },
    putEvent(cluster.id, cluster.version, event),
  ];
};

/** Changes the cluster as read and puts the event that says so. A closed cluster leaves `by_live`. */
export const changeCluster = (
  current: Cluster,
  change: ClusterChange,
  event: ClusterEventDetail,
): readonly Write[] => {
  const next = assertCluster({ ...current, ...change, version: current.version + 1 });
  return [
    {
      kind: 'update',
      table: 'clusters',
      key: clusterKey(current.id),
      set: { ...changing(change), v: next.version },
      remove: [
        ...(next.closedAtMs === null ? [] : ['live_pk', 'live_sk']),
        ...(next.headEndpoint === null ? ['head_endpoint'] : []),
      ],
      condition: { equals: { v: current.version } },
    },
    putEvent(current.id, next.version, event),
  ];
};

/** Holds a transaction to the cluster's being as it was read, its status and its head included: the fence. */
export const checkCluster = (asRead: Cluster): Write => ({
  kind: 'check',
  table: 'clusters',
  key: clusterKey(asRead.id),
  condition: { equals: { v: asRead.version, status: asRead.status } },
});

/** Holds a transaction to the round's being the last one of a cluster that still comes up. */
export const checkAcceptance = (cluster: Pick<Cluster, 'id' | 'acceptance'>): Write => ({
  kind: 'check',
  table: 'clusters',
  key: clusterKey(cluster.id),
  condition: {
    equals: {
      status: 'deploying',
      acceptance_round: present(cluster.acceptance, 'no round').number,
    },
  },
});

export const getCluster = async (
  database: Database,
  clusterId: string,
): Promise<Cluster | undefined> => {
  const item = await database.get('clusters', clusterKey(clusterId));
  return item && parse(item);
};

/** The cluster of this organisation, or `cluster.not_found`. */
export const requireCluster = async (
  database: Database,
  clusterId: string,
  organisationId: string,
): Promise<Cluster> => {
  const cluster = await getCluster(database, clusterId);
  if (cluster?.organisationId !== organisationId) throw new AppError('cluster.not_found');
  return cluster;
};

/** An organisation's clusters, newest first; from an index. */
export const listClustersByOrganisation = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('clusters', {
    index: 'by_owner',
    pk: organisationId,
    skPrefix: 'CLUSTER#',
    descending: true,
    ...page,
  });
  return { clusters: found.items.map(parse), next: found.next };
};

/** A page of the clusters of one shard that are not closed; from an index. */
export const listLiveClusters = async (
  database: Database,
  shard: number,
  cursor: string | undefined,
) => {
  const found = await database.query('clusters', {
    index: 'by_live',
    pk: liveShardPartition(shard),
    limit: 200,
    cursor,
  });
  return { clusters: found.items.map(parse), next: found.next };
};

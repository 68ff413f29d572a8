/**
 * The cluster, its lines and its assignments. A line is what was ordered and priced; an assignment is
 * the device that serves a line. Invariant: exactly one line is the head's, and a line has at most one
 * active assignment.
 */
import { assert, present } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { minuteMs, secondMs } from '../core/time.ts';
import type { CredentialId } from '../identity/principal.ts';
import { devicesMax } from '../market/order.ts';
import type { ProofReason } from '../proofs/schemas.ts';

/** IO.NET's vocabulary: `unpaid` waits for credit and reserves nothing, `destroyed` was never paid. */
export const clusterStatuses = [
  'unpaid',
  'deployment_requested',
  'deploying',
  'running',
  'termination_requested',
  'completed',
  'terminated',
  'failed',
  'destroyed',
] as const;

export type ClusterStatus = (typeof clusterStatuses)[number];

/** Why a cluster is in its status; stable codes for programs. */
export const clusterReasons = [
  'customer_request',
  'nodes_alive',
  'provisioning_started',
  'ordered_time_over',
  'provisioning_timed_out',
  'no_replacement',
  'head_lost',
  'platform_fault',
  'budget_reached',
  'payment_disputed',
  'awaiting_payment',
  'paid',
  'payment_timed_out',
] as const;

export type ClusterReason = (typeof clusterReasons)[number];

/** How long a cluster that was ordered without the credit for it waits, and keeps its price. */
export const unpaidMsMax = 20 * minuteMs;
/** How long a cluster may take from its creation, or its payment, until it runs. */
export const provisionMsMax = 10 * minuteMs;
/** How long an agent keeps a node beyond the paid time before it ends it by itself. */
export const stopAfterGraceMs = 10 * minuteMs;
/** Longest gap between two proofs of life of a node that still counts as proven time. */
export const provenGapMsMax = 60 * secondMs;

export interface ClusterLine {
  readonly lineId: string;
  readonly role: 'head' | 'worker';
  readonly model: string;
  readonly processors: number;
  /** False for a head of its own: Ray schedules nothing on it. */
  readonly schedulable: boolean;
  /** Quoted micro-USD per hour for the line; no device costs more. */
  readonly rateUnitsPerHour: bigint;
}

export interface Assignment {
  readonly nodeId: Id<'nod'>;
  readonly lineId: string;
  readonly deviceId: Id<'dev'>;
  /** Organisation that earns. */
  readonly supplierId: Id<'org'>;
  /** The device's own price per hour for the line, micro-USD; at most the line's. */
  readonly rateUnitsPerHour: bigint;
  /** Whether who earns and who pays count as one, as it was known when the device was hired. */
  readonly linked: boolean;
  readonly state: 'active' | 'replaced' | 'lost';
  /** Why its device was replaced; null otherwise. */
  readonly fault: Fault | null;
}

/** What a device did that cost it its place in a cluster that came up. */
export interface Fault {
  /** The agent's own code, `device_silent`, `ray_not_alive`, `ray_node_died` or `acceptance_failed`. */
  readonly reason: string;
  /** The verdict on the proof that failed; null of other faults. */
  readonly verdict: ProofReason | null;
}

/** The last time that an order's processors were asked to prove themselves, all together. */
export interface AcceptanceRound {
  /** From 1. */
  readonly number: number;
  readonly openedAtMs: number;
  /** Whose processors had to answer. */
  readonly deviceIds: readonly Id<'dev'>[];
  /** Processors that were challenged: all but those whose model has no reference. */
  readonly challenged: number;
}

/** Where the head's services listen, once its agent has told. */
export interface HeadEndpoint {
  readonly address: string;
  readonly gcsPort: number;
  readonly dashboardPort: number;
  readonly clientPort: number;
}

export interface Cluster {
  readonly id: Id<'clu'>;
  readonly organisationId: Id<'org'>;
  readonly name: string;
  readonly status: ClusterStatus;
  readonly reason: ClusterReason;
  /** Rises with each change; numbers its events. */
  readonly version: number;
  readonly quoteId: Id<'quo'>;
  readonly lines: readonly ClusterLine[];
  readonly assignments: readonly Assignment[];
  /** Null until it is paid: nothing is reserved. */
  readonly siteId: Id<'site'> | null;
  readonly region: string;
  readonly rayVersion: string;
  /** Minor version, for example "3.11". */
  readonly pythonVersion: string;
  /** RAY_AUTH_TOKEN of this cluster. Secret: for its nodes and its owner. */
  readonly authToken: string;
  readonly orderedMs: number;
  /** Whether its devices may prove themselves while it runs. */
  readonly proofConsent: boolean;
  readonly createdAtMs: number;
  readonly provisionUntilMs: number;
  /** The API key that ordered it; null of clusters that are older than budgets. */
  readonly orderedBy: CredentialId | null;
  /** Until when it could be paid; null where it was paid from the beginning. */
  readonly payUntilMs: number | null;
  readonly headEndpoint: HeadEndpoint | null;
  /** Null before the first. */
  readonly acceptance: AcceptanceRound | null;
  readonly runningAtMs: number | null;
  readonly paidUntilMs: number | null;
  /** Stamped by the fence. */
  readonly stoppedAtMs: number | null;
  /** Set once its nodes are stopped, its hold is closed and its devices are free. */
  readonly closedAtMs: number | null;
  readonly terminatedByCustomer: boolean;
}

/** What one write changes of a cluster. */
export type ClusterChange = Partial<
  Omit<Cluster, 'id' | 'organisationId' | 'version' | 'createdAtMs' | 'quoteId'>
>;

/** Before the paid time is over its customer is told: an hour, or a quarter of a short order. */
const warnedMsMax = 60 * minuteMs;

/** When the customer is told that the paid time ends; undefined before the cluster runs. */
export const warnAtMs = ({
  paidUntilMs,
  orderedMs,
}: Pick<Cluster, 'paidUntilMs' | 'orderedMs'>): number | undefined =>
  paidUntilMs === null ? undefined : paidUntilMs - Math.min(warnedMsMax, Math.floor(orderedMs / 4));

/** Whether the fence has fallen: nothing may be dispatched for it any more. */
export const isFenced = (cluster: Cluster): boolean => cluster.stoppedAtMs !== null;

/** Assignments that serve a line now. */
export const activeAssignments = (cluster: Cluster): readonly Assignment[] =>
  cluster.assignments.filter((assignment) => assignment.state === 'active');

/** The assignment of a node of this cluster, whatever became of it. */
export const assignmentOf = (cluster: Cluster, nodeId: string): Assignment | undefined =>
  cluster.assignments.find((assignment) => assignment.nodeId === nodeId);

/** The line that an assignment serves. */
export const lineOf = (cluster: Cluster, assignment: Assignment): ClusterLine =>
  present(
    cluster.lines.find(({ lineId }) => lineId === assignment.lineId),
    `node ${assignment.nodeId} serves no line of ${cluster.id}`,
  );

/** Whether the assignment is the cluster's head. */
export const isHead = (cluster: Cluster, assignment: Assignment): boolean =>
  lineOf(cluster, assignment).role === 'head';

/** The assignment that is the head now, or last was. */
export const headAssignment = (cluster: Cluster): Assignment =>
  present(
    cluster.assignments.findLast((assignment) => isHead(cluster, assignment)),
    `cluster ${cluster.id} has no head`,
  );

/** The cluster's assignments once these nodes are declared lost. */
export const withLost = (cluster: Cluster, nodeIds: ReadonlySet<string>): readonly Assignment[] =>
  cluster.assignments.map((assignment) =>
    nodeIds.has(assignment.nodeId) ? { ...assignment, state: 'lost' } : assignment,
  );

/** Holds a cluster to its invariants; a BugError says which is broken. */
export const assertCluster = (cluster: Cluster): Cluster => {
  const active = activeAssignments(cluster);
  const lines = new Set(active.map((assignment) => assignment.lineId));
  const devices = new Set(active.map((assignment) => assignment.deviceId));
  assert(lines.size === active.length, `two nodes serve one line of ${cluster.id}`);
  assert(devices.size === active.length, `a device serves two lines of ${cluster.id}`);
  const heads = cluster.lines.filter(({ role }) => role === 'head');
  assert(heads.length === 1, `${cluster.id} has ${heads.length} head lines`);
  assert(active.length <= devicesMax, `too many devices in ${cluster.id}`);
  assert(
    cluster.status !== 'running' || (cluster.runningAtMs !== null && cluster.paidUntilMs !== null),
    `${cluster.id} runs without times`,
  );
  assert(
    (cluster.siteId !== null) === cluster.assignments.length > 0,
    `${cluster.id} has devices without a site, or a site without devices`,
  );
  assert(
    cluster.status !== 'unpaid' || (cluster.payUntilMs !== null && active.length === 0),
    `${cluster.id} reserves devices that are not paid`,
  );
  assert(
    cluster.closedAtMs === null || cluster.stoppedAtMs !== null,
    `${cluster.id} closed before it stopped`,
  );
  return cluster;
};

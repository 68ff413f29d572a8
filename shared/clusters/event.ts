/**
 * What happens to a cluster, as its owner reads it: each event has a kind, a reason code, who caused it
 * and what was seen.
 */
import type { ClusterStatus } from './cluster.ts';

export const clusterEventKinds = [
  'cluster.unpaid',
  'cluster.deployment_requested',
  'cluster.deploying',
  'cluster.head_placed',
  'cluster.acceptance_opened',
  'cluster.node_replaced',
  'cluster.running',
  'cluster.low_balance',
  'cluster.node_lost',
  'cluster.termination_requested',
  'cluster.completed',
  'cluster.failed',
  'cluster.destroyed',
  'cluster.closed',
] as const;

export type ClusterEventKind = (typeof clusterEventKinds)[number];

/** Kinds with which the fence falls. */
export const endingKinds: readonly ClusterEventKind[] = [
  'cluster.termination_requested',
  'cluster.completed',
  'cluster.failed',
];

export interface ClusterEventDetail {
  readonly kind: ClusterEventKind;
  readonly status: ClusterStatus;
  readonly reasonCode: string;
  /** `key_...`, `dev_...` or `platform`. */
  readonly actor: string;
  /** What was seen, in words, for people. */
  readonly evidence: string | null;
  readonly atMs: number;
}

export interface StoredClusterEvent extends ClusterEventDetail {
  readonly clusterId: string;
  readonly sequence: number;
}

/**
 * The cluster's lifecycle as one table: which event moves which status where. An unknown pair is a
 * conflict. The fence (stoppedAtMs) falls with the event that ends a cluster; from then on nothing is
 * dispatched for it. Pure.
 */
import { AppError } from '../core/errors.ts';
import {
  type Cluster,
  type ClusterChange,
  type ClusterReason,
  type ClusterStatus,
  provisionMsMax,
} from './cluster.ts';

/** What can happen to a cluster. */
export type ClusterEvent =
  /** There was credit for it, and devices. */
  | { readonly kind: 'pay' }
  | { readonly kind: 'deploy' }
  | { readonly kind: 'run' }
  /** The ordered time is over, or the time to pay. */
  | { readonly kind: 'expire' }
  | { readonly kind: 'request_termination' }
  /** The platform ends it for its customer's sake: no minimum hour is charged. */
  | { readonly kind: 'stop'; readonly reason: ClusterReason }
  | { readonly kind: 'fail'; readonly reason: ClusterReason }
  /** Nodes stopped, hold closed, devices free. */
  | { readonly kind: 'close' };

const table: Readonly<
  Record<ClusterStatus, Partial<Readonly<Record<ClusterEvent['kind'], ClusterStatus>>>>
> = {
  unpaid: { pay: 'deployment_requested', request_termination: 'destroyed', expire: 'destroyed' },
  deployment_requested: {
    deploy: 'deploying',
    request_termination: 'termination_requested',
    stop: 'termination_requested',
    fail: 'failed',
  },
  deploying: {
    run: 'running',
    request_termination: 'termination_requested',
    stop: 'termination_requested',
    fail: 'failed',
  },
  running: {
    expire: 'completed',
    request_termination: 'termination_requested',
    stop: 'termination_requested',
    fail: 'failed',
  },
  termination_requested: { close: 'terminated' },
  completed: { close: 'completed' },
  failed: { close: 'failed' },
  terminated: {},
  destroyed: {},
};

/** Of a cluster that was never paid there is nothing to release: its end closes it. */
const overAt = (nowMs: number) => ({ stoppedAtMs: nowMs, closedAtMs: nowMs });

/**
 * What the event changes; `cluster.wrong_status` when the pair is not in the table, or when a closed
 * cluster is closed again.
 */
export const transition = (
  current: Cluster,
  event: ClusterEvent,
  nowMs: number,
): ClusterChange & { readonly status: ClusterStatus; readonly reason: ClusterReason } => {
  const status = table[current.status][event.kind];
  if (status === undefined || current.closedAtMs !== null) {
    throw new AppError('cluster.wrong_status', {
      message: `The cluster is ${current.status}; "${event.kind}" is not possible then.`,
      details: { cluster_id: current.id },
    });
  }
  switch (event.kind) {
    case 'pay':
      return { status, reason: 'paid', provisionUntilMs: nowMs + provisionMsMax };
    case 'deploy':
      return { status, reason: 'provisioning_started' };
    case 'run':
      return {
        status,
        reason: 'nodes_alive',
        runningAtMs: nowMs,
        paidUntilMs: nowMs + current.orderedMs,
      };
    case 'expire':
      return status === 'destroyed'
        ? { status, reason: 'payment_timed_out', ...overAt(nowMs) }
        : { status, reason: 'ordered_time_over', stoppedAtMs: nowMs };
    case 'request_termination':
      return {
        status,
        reason: 'customer_request',
        ...(status === 'destroyed' ? overAt(nowMs) : { stoppedAtMs: nowMs }),
        terminatedByCustomer: true,
      };
    case 'stop':
    case 'fail':
      return { status, reason: event.reason, stoppedAtMs: nowMs };
    case 'close':
      return { status, reason: current.reason, closedAtMs: nowMs };
  }
};

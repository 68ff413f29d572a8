/**
 * A node: what became of the command to run one assignment on its device. It comes into being with its
 * start command and only moves forward.
 */
import type { Id } from '../core/ids.ts';

export const nodeStatuses = [
  'commanded',
  'accepted',
  'started',
  'alive',
  'refused',
  'exited',
  'stopped',
] as const;

export type NodeStatus = (typeof nodeStatuses)[number];

export interface Node {
  readonly id: Id<'nod'>;
  readonly clusterId: Id<'clu'>;
  readonly deviceId: Id<'dev'>;
  /** What Ray has to list for it. */
  readonly cpus: number;
  readonly gpus: number;
  readonly status: NodeStatus;
  /** The agent's reason code, or `ray_node_died` of a node that Ray listed as alive and then as dead. */
  readonly reason: string | null;
  readonly commandedAtMs: number;
  readonly changedAtMs: number;
  /** Whether a stop command was written for it. */
  readonly stopping: boolean;
}

const rank: Readonly<Record<NodeStatus, number>> = {
  commanded: 0,
  accepted: 1,
  started: 2,
  alive: 3,
  refused: 4,
  exited: 5,
  stopped: 6,
};

/** Whether a report moves the node forward; late and repeated reports do not. */
export const movesForward = (from: NodeStatus, to: NodeStatus): boolean => rank[to] > rank[from];

/** Whether nothing of the node runs any more. */
export const isOver = (status: NodeStatus): boolean => rank[status] >= rank.refused;

/** Whether Ray runs on the device for this node, as far as its agent said. */
export const isRunning = (status: NodeStatus): boolean =>
  status === 'started' || status === 'alive';

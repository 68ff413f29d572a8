/**
 * Proven time. A millisecond of a node is proven when it lies between two proofs of life at most 60
 * seconds apart; a proof of life is a report of the head that lists the node ALIVE while the node's own
 * device was heard from within 60 seconds. A node declared lost earns no further millisecond. Pure; the
 * totals never shrink.
 */
import { assert } from '../core/assert.ts';
import { provenGapMsMax } from './cluster.ts';

export interface NodeUsage {
  /** Proven milliseconds in all, and the part of them before paid-until. */
  readonly provenMs: number;
  readonly insideMs: number;
  /** The last proof of life. */
  readonly provenAtMs: number;
  readonly lost: boolean;
}

export interface Usage {
  readonly version: number;
  readonly nodes: Readonly<Record<string, NodeUsage>>;
  /** Stamped by the fence; nothing is proven after it. */
  readonly stoppedAtMs: number | null;
}

/** Usage at the moment at which the cluster begins to run: every node is alive, nothing is proven. */
export const openUsage = (nodeIds: readonly string[], nowMs: number): Usage => ({
  version: 1,
  nodes: Object.fromEntries(
    nodeIds.map((nodeId) => [nodeId, { provenMs: 0, insideMs: 0, provenAtMs: nowMs, lost: false }]),
  ),
  stoppedAtMs: null,
});

/** One proof of life at `atMs` of one node. */
const proven = (node: NodeUsage, atMs: number, paidUntilMs: number): NodeUsage => {
  const gapMs = atMs - node.provenAtMs;
  if (node.lost || gapMs <= 0) return node;
  if (gapMs > provenGapMsMax) return { ...node, provenAtMs: atMs };
  const insideMs = Math.max(0, Math.min(atMs, paidUntilMs) - node.provenAtMs);
  return {
    ...node,
    provenMs: node.provenMs + gapMs,
    insideMs: node.insideMs + insideMs,
    provenAtMs: atMs,
  };
};

/** What a report of the head adds. `aliveNodeIds`: listed ALIVE, and their devices heard from. */
export const accrue = (
  usage: Usage,
  report: {
    readonly aliveNodeIds: ReadonlySet<string>;
    readonly nowMs: number;
    readonly paidUntilMs: number;
  },
): Usage => {
  assert(usage.stoppedAtMs === null, 'accruing after the fence');
  const nodes = Object.entries(usage.nodes).map(([nodeId, node]) => [
    nodeId,
    report.aliveNodeIds.has(nodeId) ? proven(node, report.nowMs, report.paidUntilMs) : node,
  ]);
  return { ...usage, nodes: Object.fromEntries(nodes) };
};

/** Declares nodes lost; what they proved before stays. */
export const declareLost = (usage: Usage, nodeIds: ReadonlySet<string>): Usage => ({
  ...usage,
  nodes: Object.fromEntries(
    Object.entries(usage.nodes).map(([nodeId, node]) => [
      nodeId,
      nodeIds.has(nodeId) ? { ...node, lost: true } : node,
    ]),
  ),
});

/** Nodes not heard of for longer than a gap that counts. */
export const silentNodes = (usage: Usage, nowMs: number): readonly string[] =>
  Object.entries(usage.nodes)
    .filter(([, node]) => !node.lost && nowMs - node.provenAtMs > provenGapMsMax)
    .map(([nodeId]) => nodeId);

/**
 * When metering stops that is ended now: never before what is proven already. Two functions' clocks
 * differ, and a report may be written between the reading of the clock and the fence.
 */
export const stopTimeMs = (usage: Usage, nowMs: number): number =>
  Math.max(nowMs, ...Object.values(usage.nodes).map(({ provenAtMs }) => provenAtMs));

/**
 * Usage as it counts at an instant: up to the fence if it has fallen, else as proven so far. A node
 * proven at most 60 seconds before the fence was alive until the fence.
 */
export const settledUsage = (usage: Usage, paidUntilMs: number): Usage['nodes'] => {
  const { stoppedAtMs } = usage;
  if (stoppedAtMs === null) return usage.nodes;
  return Object.fromEntries(
    Object.entries(usage.nodes).map(([nodeId, node]) => {
      const late = stoppedAtMs - node.provenAtMs > provenGapMsMax;
      return [nodeId, late ? node : proven(node, stoppedAtMs, paidUntilMs)];
    }),
  );
};

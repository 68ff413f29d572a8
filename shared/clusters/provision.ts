/**
 * Judges a cluster that is coming up: whether to wait, which nodes to replace, whether to give up. The
 * state machine only asks again and again; all that it knows stands in the tables. Pure.
 */
import { secondMs } from '../core/time.ts';
import { type Assignment, activeAssignments, type Cluster, type ClusterReason } from './cluster.ts';
import type { Node } from './node.ts';

/** An agent that has not answered a start command for so long is silent. */
export const answerMsMax = 25 * secondMs;
/** A node that Ray has not listed so long after its agent took the command did not come up. */
export const aliveMsMax = 120 * secondMs;
/** Replacements beyond the number of lines end the attempt. */
const replacementsBeyondLines = 4;

export type Judgement =
  | { readonly outcome: 'running' }
  | { readonly outcome: 'wait' }
  | { readonly outcome: 'over' }
  | { readonly outcome: 'replace'; readonly assignments: readonly BadAssignment[] }
  | { readonly outcome: 'fail'; readonly reason: ClusterReason };

export interface BadAssignment {
  readonly assignment: Assignment;
  /** Reason code: the agent's own, `device_silent`, `ray_not_alive` or `ray_node_died`. */
  readonly reason: string;
}

/** What to do about a cluster that is not yet running. */
export const judgeProvision = (
  cluster: Cluster,
  nodes: readonly Node[],
  nowMs: number,
): Judgement => {
  if (cluster.status === 'running') return { outcome: 'running' };
  if (cluster.stoppedAtMs !== null) return { outcome: 'over' };
  if (nowMs >= cluster.provisionUntilMs) {
    return { outcome: 'fail', reason: 'provisioning_timed_out' };
  }
  const bad = activeAssignments(cluster).flatMap((assignment): BadAssignment[] => {
    const node = nodes.find(({ id }) => id === assignment.nodeId);
    const reason = node && faultOf(node, nowMs);
    return reason ? [{ assignment, reason }] : [];
  });
  if (bad.length === 0) return { outcome: 'wait' };
  const replaced = cluster.assignments.filter(({ state }) => state === 'replaced').length;
  if (replaced + bad.length > cluster.lines.length + replacementsBeyondLines) {
    return { outcome: 'fail', reason: 'no_replacement' };
  }
  return { outcome: 'replace', assignments: bad };
};

const faultOf = (node: Node, nowMs: number): string | undefined => {
  if (node.status === 'refused' || node.status === 'exited') return node.reason ?? node.status;
  if (node.status === 'alive') return node.reason ?? undefined;
  if (node.status === 'commanded' && nowMs - node.commandedAtMs > answerMsMax) {
    return 'device_silent';
  }
  const waiting = node.status === 'accepted' || node.status === 'started';
  if (waiting && nowMs - node.commandedAtMs > aliveMsMax) return 'ray_not_alive';
  return undefined;
};

/**
 * Judges a cluster that is coming up: whether to wait, which nodes to replace, whether to give up. The
 * state machine only asks again and again; all that it knows stands in the tables. Pure.
 */
import { secondMs } from '../core/time.ts';
import type { ChallengeResult } from '../proofs/challenge.ts';
import { type AcceptanceFailure, judgeAcceptance } from './acceptance.ts';
import {
  type Assignment,
  activeAssignments,
  type Cluster,
  type ClusterReason,
  type Fault,
} from './cluster.ts';
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
  | ({ readonly outcome: 'replace' } & Bad)
  | ({ readonly outcome: 'fail'; readonly reason: ClusterReason } & Bad);

interface Bad {
  readonly assignments: readonly BadAssignment[];
  /** Why those among them that were not accepted were not. */
  readonly failures: readonly AcceptanceFailure[];
}

export interface BadAssignment {
  readonly assignment: Assignment;
  readonly fault: Fault;
}

/** What to do about a cluster that is not yet running. `results`: of its last round of acceptance. */
export const judgeProvision = (
  cluster: Cluster,
  nodes: readonly Node[],
  results: readonly ChallengeResult[],
  nowMs: number,
): Judgement => {
  if (cluster.status === 'running') return { outcome: 'running' };
  if (cluster.stoppedAtMs !== null) return { outcome: 'over' };
  const { failures } = judgeAcceptance(cluster, results, nowMs);
  const assignments = activeAssignments(cluster).flatMap((assignment): BadAssignment[] => {
    const node = nodes.find(({ id }) => id === assignment.nodeId);
    // What a proof has shown weighs more than what else happened to the node.
    const fault = refusalOf(assignment, failures) ?? (node && faultOf(node, nowMs));
    return fault ? [{ assignment, fault }] : [];
  });
  const bad = { assignments, failures };
  if (nowMs >= cluster.provisionUntilMs) {
    return { outcome: 'fail', reason: 'provisioning_timed_out', ...bad };
  }
  if (assignments.length === 0) return { outcome: 'wait' };
  const replaced = cluster.assignments.filter(({ state }) => state === 'replaced').length;
  if (replaced + assignments.length > cluster.lines.length + replacementsBeyondLines) {
    return { outcome: 'fail', reason: 'no_replacement', ...bad };
  }
  return { outcome: 'replace', ...bad };
};

const refusalOf = (
  { deviceId }: Assignment,
  failures: readonly AcceptanceFailure[],
): Fault | undefined => {
  const failure = failures.find((each) => each.deviceId === deviceId);
  return failure && { reason: 'acceptance_failed', verdict: failure.verdict };
};

const faultOf = (node: Node, nowMs: number): Fault | undefined => {
  const reason = faultReasonOf(node, nowMs);
  return reason === undefined ? undefined : { reason, verdict: null };
};

const faultReasonOf = (node: Node, nowMs: number): string | undefined => {
  if (node.status === 'refused' || node.status === 'exited') return node.reason ?? node.status;
  if (node.status === 'alive') return node.reason ?? undefined;
  if (node.status === 'commanded' && nowMs - node.commandedAtMs > answerMsMax) {
    return 'device_silent';
  }
  const waiting = node.status === 'accepted' || node.status === 'started';
  if (waiting && nowMs - node.commandedAtMs > aliveMsMax) return 'ray_not_alive';
  return undefined;
};

/**
 * Reads what Ray lists, as the head's agent reported it. A node may stand there twice, dead from an
 * earlier start and alive from a later one: then it is alive. Pure.
 */
import type { RayReport } from './agent-protocol.ts';

/** Nodes that Ray lists as ALIVE. */
export const aliveIn = (report: RayReport): ReadonlySet<string> =>
  new Set(report.nodes.filter(({ alive }) => alive).map(({ node_id }) => node_id));

/** Nodes that Ray lists as dead and nothing else, with Ray's words for it. */
export const deadIn = (report: RayReport): ReadonlyMap<string, string> => {
  const alive = aliveIn(report);
  const dead = report.nodes.filter(({ node_id }) => !alive.has(node_id));
  return new Map(
    dead.map(({ node_id, state_message }) => [node_id, state_message ?? 'Ray lists it as dead.']),
  );
};

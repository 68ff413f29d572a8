/** Proven time of a running cluster: one item, moved by the head's reports, closed by the fence. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import { usageKey } from './keys.ts';
import type { Usage } from './usage.ts';

const stored = z.object({
  v: wholeNumber,
  nodes: z.record(
    z.string(),
    z.object({
      proven_ms: wholeNumber,
      inside_ms: wholeNumber,
      proven_at_ms: wholeNumber,
      lost: z.boolean(),
    }),
  ),
  stopped_at_ms: wholeNumber.optional(),
});

const parse = (item: Item): Usage => {
  const row = stored.parse(item);
  return {
    version: row.v,
    nodes: Object.fromEntries(
      Object.entries(row.nodes).map(([nodeId, node]) => [
        nodeId,
        {
          provenMs: node.proven_ms,
          insideMs: node.inside_ms,
          provenAtMs: node.proven_at_ms,
          lost: node.lost,
        },
      ]),
    ),
    stoppedAtMs: row.stopped_at_ms ?? null,
  };
};

const nodesAttribute = (usage: Usage) =>
  Object.fromEntries(
    Object.entries(usage.nodes).map(([nodeId, node]) => [
      nodeId,
      {
        proven_ms: node.provenMs,
        inside_ms: node.insideMs,
        proven_at_ms: node.provenAtMs,
        lost: node.lost,
      },
    ]),
  );

/** Begins metering. */
export const putUsage = (clusterId: string, usage: Usage): Write => ({
  kind: 'put',
  table: 'clusters',
  key: usageKey(clusterId),
  attributes: { v: usage.version, nodes: nodesAttribute(usage) },
  condition: { exists: false },
});

/** Replaces the usage as read by `next`; refused once the fence has fallen. */
export const moveUsage = (clusterId: string, asRead: Usage, next: Usage): Write => ({
  kind: 'update',
  table: 'clusters',
  key: usageKey(clusterId),
  set: { nodes: nodesAttribute(next), v: asRead.version + 1 },
  condition: { equals: { v: asRead.version }, missing: ['stopped_at_ms'] },
});

/**
 * The fence: replaces the usage as read by `next` for good. Part of the transaction that ends a running
 * cluster; conditioned on what was read, so that nothing is proven behind the stop's back.
 */
export const stopUsage = (
  clusterId: string,
  asRead: Usage,
  next: Usage,
  stoppedAtMs: number,
): Write => ({
  kind: 'update',
  table: 'clusters',
  key: usageKey(clusterId),
  set: { nodes: nodesAttribute(next), v: asRead.version + 1, stopped_at_ms: stoppedAtMs },
  condition: { equals: { v: asRead.version }, missing: ['stopped_at_ms'] },
});

/** Undefined for a cluster that never ran. */
export const getUsage = async (
  database: Database,
  clusterId: string,
): Promise<Usage | undefined> => {
  const item = await database.get('clusters', usageKey(clusterId));
  return item && parse(item);
};

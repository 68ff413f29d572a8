/** Nodes in the clusters table: created with their start command, moved forward by reports. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { devicesMax } from '../market/order.ts';
import { nodeKey, nodePrefix } from './keys.ts';
import { type Node, type NodeStatus, nodeStatuses } from './node.ts';

const stored = z.object({
  id: storedId<Id<'nod'>>(),
  cluster_id: storedId<Id<'clu'>>(),
  device_id: storedId<Id<'dev'>>(),
  cpus: wholeNumber,
  gpus: wholeNumber,
  status: z.enum(nodeStatuses),
  reason: z.string().optional(),
  commanded_at_ms: wholeNumber,
  changed_at_ms: wholeNumber,
  stopping: z.boolean(),
});

const parse = (item: Item): Node => {
  const row = stored.parse(item);
  return {
    id: row.id,
    clusterId: row.cluster_id,
    deviceId: row.device_id,
    cpus: row.cpus,
    gpus: row.gpus,
    status: row.status,
    reason: row.reason ?? null,
    commandedAtMs: row.commanded_at_ms,
    changedAtMs: row.changed_at_ms,
    stopping: row.stopping,
  };
};

/** Creates the node; a node is commanded once. */
export const putNode = (node: Node): Write => ({
  kind: 'put',
  table: 'clusters',
  key: nodeKey(node.clusterId, node.id),
  attributes: {
    id: node.id,
    cluster_id: node.clusterId,
    device_id: node.deviceId,
    cpus: node.cpus,
    gpus: node.gpus,
    status: node.status,
    reason: node.reason ?? undefined,
    commanded_at_ms: node.commandedAtMs,
    changed_at_ms: node.changedAtMs,
    stopping: node.stopping,
  },
  condition: { exists: false },
});

/** Moves the node as read to another status. */
export const moveNode = (
  node: Node,
  status: NodeStatus,
  reason: string | null,
  nowMs: number,
): Write => ({
  kind: 'update',
  table: 'clusters',
  key: nodeKey(node.clusterId, node.id),
  set: { status, reason: reason ?? undefined, changed_at_ms: nowMs },
  condition: { equals: { status: node.status } },
});

/** Notes that a stop command was written for the node. */
export const markStopping = (node: Node): Write => ({
  kind: 'update',
  table: 'clusters',
  key: nodeKey(node.clusterId, node.id),
  set: { stopping: true },
  condition: { equals: { stopping: false } },
});

export const getNode = async (
  database: Database,
  clusterId: string,
  nodeId: string,
): Promise<Node | undefined> => {
  const item = await database.get('clusters', nodeKey(clusterId, nodeId));
  return item && parse(item);
};

/** Every node that the cluster ever had. Replacements are bounded, so one page holds them. */
export const listNodes = async (
  database: Database,
  clusterId: string,
): Promise<readonly Node[]> => {
  const page = await database.query('clusters', {
    pk: `CLU#${clusterId}`,
    skPrefix: nodePrefix,
    limit: devicesMax * 4,
  });
  return page.items.map(parse);
};

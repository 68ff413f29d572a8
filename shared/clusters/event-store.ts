/** The clusters' event log: one item per version, written in the transaction that made the version. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import { clusterStatuses } from './cluster.ts';
import { type ClusterEventDetail, clusterEventKinds, type StoredClusterEvent } from './event.ts';
import { eventKey, eventPrefix } from './keys.ts';

const stored = z.object({
  cluster_id: z.string(),
  sequence: wholeNumber,
  event: z.enum(clusterEventKinds),
  status: z.enum(clusterStatuses),
  reason_code: z.string(),
  actor: z.string(),
  evidence: z.string().optional(),
  at_ms: wholeNumber,
});

/** An event as it was stored. */
export const parseClusterEvent = (item: Item): StoredClusterEvent => {
  const row = stored.parse(item);
  return {
    clusterId: row.cluster_id,
    sequence: row.sequence,
    kind: row.event,
    status: row.status,
    reasonCode: row.reason_code,
    actor: row.actor,
    evidence: row.evidence ?? null,
    atMs: row.at_ms,
  };
};

/** Whether an item of the clusters table is an event. */
export const isClusterEvent = (item: Item): boolean => item.sk.startsWith(eventPrefix);

/** Puts the event of this version; its number must be new. */
export const putEvent = (clusterId: string, version: number, event: ClusterEventDetail): Write => ({
  kind: 'put',
  table: 'clusters',
  key: eventKey(clusterId, version),
  attributes: {
    cluster_id: clusterId,
    sequence: version,
    event: event.kind,
    status: event.status,
    reason_code: event.reasonCode,
    actor: event.actor,
    evidence: event.evidence ?? undefined,
    at_ms: event.atMs,
  },
  condition: { exists: false },
});

/** Events of a cluster in their order. */
export const listClusterEvents = async (
  database: Database,
  clusterId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('clusters', {
    pk: `CLU#${clusterId}`,
    skPrefix: eventPrefix,
    ...page,
  });
  return { events: found.items.map(parseClusterEvent), next: found.next };
};

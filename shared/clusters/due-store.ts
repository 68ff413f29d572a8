/**
 * Due work of clusters: an entry per open cluster at the time at which it has to be looked at, and one
 * before it at which its customer is warned.
 */
import type { Database, Write } from '../core/database.ts';
import { isoOf } from '../core/time.ts';
import { dueKey, duePartition } from './keys.ts';

export interface DueEntry {
  readonly clusterId: string;
  readonly dueAtMs: number;
}

/** A cluster is due at that time: first the end of its provisioning, then the end of its paid time. */
export const putDue = (entry: DueEntry): Write => ({
  kind: 'put',
  table: 'clusters',
  key: dueKey(entry.clusterId, entry.dueAtMs),
  attributes: { cluster_id: entry.clusterId, due_at_ms: entry.dueAtMs },
  condition: {},
});

/** Takes the entry out, once: part of the transaction that does its work. */
export const takeDue = (entry: DueEntry): Write => ({
  ...deleteDue(entry),
  condition: { exists: true },
});

/** Takes the entry out; harmless when it is gone. */
export const deleteDue = (entry: DueEntry): Write => ({
  kind: 'delete',
  table: 'clusters',
  key: dueKey(entry.clusterId, entry.dueAtMs),
  condition: {},
});

/** Entries of one shard that are due, oldest first, at most 100. */
export const listDue = async (
  database: Database,
  shard: number,
  nowMs: number,
): Promise<readonly DueEntry[]> => {
  const page = await database.query('clusters', {
    pk: duePartition(shard),
    skFrom: '0',
    skTo: `${isoOf(nowMs)}~`,
    limit: 100,
  });
  return page.items.map((item) => ({
    clusterId: String(item['cluster_id']),
    dueAtMs: Number(item['due_at_ms']),
  }));
};

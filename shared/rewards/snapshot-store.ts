/** Shards of an hour's snapshot in the rewards table: each is there once, and the first one wins. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import { snapshotKey, snapshotPartition } from './keys.ts';
import { snapshotShards } from './snapshot.ts';

/** A shard: its document, and what stands in it. */
export interface SnapshotShard {
  readonly shard: number;
  /** SHA-256 (hex) of its text, by which it is kept. */
  readonly hash: string;
  readonly entries: number;
  /** Devices of which something could not be read. */
  readonly leftOut: number;
}

const stored = z.object({
  shard: wholeNumber,
  hash: z.string(),
  entries: wholeNumber,
  left_out: wholeNumber,
});

const parse = (item: Item): SnapshotShard => {
  const { left_out: leftOut, ...row } = stored.parse(item);
  return { ...row, leftOut };
};

/** Fixes the shard; holds while it is not fixed yet. */
export const putSnapshotShard = (epochId: string, shard: SnapshotShard): Write => ({
  kind: 'put',
  table: 'rewards',
  key: snapshotKey(epochId, shard.shard),
  attributes: {
    shard: shard.shard,
    hash: shard.hash,
    entries: shard.entries,
    left_out: shard.leftOut,
  },
  condition: { exists: false },
});

/** The shard; undefined until it is fixed. */
export const getSnapshotShard = async (
  database: Database,
  epochId: string,
  shard: number,
): Promise<SnapshotShard | undefined> => {
  const item = await database.get('rewards', snapshotKey(epochId, shard));
  return item && parse(item);
};

/** The shards of the hour that are fixed, in their order. */
export const listSnapshotShards = async (
  database: Database,
  epochId: string,
): Promise<readonly SnapshotShard[]> => {
  const pk = snapshotPartition(epochId);
  const { items } = await database.query('rewards', { pk, limit: snapshotShards });
  return items.map(parse);
};

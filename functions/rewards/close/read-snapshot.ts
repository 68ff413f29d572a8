/** Reads what was fixed of an hour: its snapshot, from which the split follows, and who is paid. */
import { assert } from '../../../shared/core/assert.ts';
import { inOrder } from '../../../shared/rewards/order.ts';
import {
  type SnapshotEntry,
  snapshotReader,
  snapshotShards,
} from '../../../shared/rewards/snapshot.ts';
import { listSnapshotShards } from '../../../shared/rewards/snapshot-store.ts';
import { getDocument } from '../../../shared/rewards/statement-store.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';

/** The entries of all shards, in the order of the hour; BugError unless all of them are there. */
export const readSnapshot = async (
  { database, statements }: Pick<RewardsNeeds, 'database' | 'statements'>,
  epochId: string,
): Promise<readonly SnapshotEntry[]> => {
  const shards = await listSnapshotShards(database, epochId);
  assert(
    shards.length === snapshotShards,
    `${epochId} has ${shards.length} shards of its snapshot`,
  );
  const read = snapshotReader();
  const entries: SnapshotEntry[] = [];
  for (const { hash, shard, ...told } of shards) {
    const own = read(await getDocument(statements, epochId, hash));
    assert(own.length === told.entries, `shard ${shard} of ${epochId} has ${own.length} entries`);
    for (const entry of own) entries.push(entry);
  }
  return inOrder(epochId, entries);
};

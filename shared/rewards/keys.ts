/** Keys of the rewards table. `by_owner` lists when devices of an organisation were rewarded first. */
import type { Key } from '../core/database.ts';

/** All epochs, by their ids, which sort by time; one comes each hour. */
export const epochsPartition = 'EPOCH';
export const epochKey = (epochId: string): Key => ({ pk: epochsPartition, sk: epochId });

/** A shard of an epoch's snapshot. */
export const snapshotPartition = (epochId: string): string => `EPOCH#${epochId}`;
export const snapshotKey = (epochId: string, shard: number): Key => ({
  pk: snapshotPartition(epochId),
  sk: `SHARD#${String(shard).padStart(3, '0')}`,
});

/** Up to which hour all are closed. */
export const closingKey: Key = { pk: 'CLOSING', sk: 'CLOSING' };

/** When a device was rewarded first. */
export const firstRewardKey = (deviceId: string): Key => ({
  pk: `DEV#${deviceId}`,
  sk: 'FIRST_REWARD',
});

/** Sort key in `by_owner`: devices by the start of their first rewarded hour. */
export const firstRewardPlace = (startMs: number, deviceId = ''): string =>
  `FIRST_REWARD#${String(startMs).padStart(15, '0')}#${deviceId}`;

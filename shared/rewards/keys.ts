/**
 * Keys of the rewards table. `by_owner` lists when devices of an organisation were rewarded first, and on which
 * something is staked.
 */
import type { Key } from '../core/database.ts';
import { shardOf } from '../core/hash.ts';

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

/** What is staked on a device. */
export const stakeKey = (deviceId: string): Key => ({ pk: `STAKE#${deviceId}`, sk: 'STAKE' });

/** Where `by_owner` lists an organisation's stakes. */
export const stakeOwnerPrefix = 'STAKE#';
export const stakeOwnerKey = (deviceId: string): string => `${stakeOwnerPrefix}${deviceId}`;

/** Parts of the sum of all stakes; a device counts in one of them. */
const stakedShards = 16;
const stakedShardKey = (shard: number): Key => ({ pk: `STAKED#${shard}`, sk: 'STAKED' });
export const stakedKey = (deviceId: string): Key => stakedShardKey(shardOf(deviceId, stakedShards));
export const stakedKeys: readonly Key[] = Array.from({ length: stakedShards }, (_, shard) =>
  stakedShardKey(shard),
);

/** Partitions of the list of cooldowns. */
export const cooldownShards = 16;
export const cooldownPartition = (shard: number): string => `COOLDOWN#${shard}`;
/** A cooldown, by its end; `endIso` as in `isoOf`: text order is time order. */
export const cooldownKey = (unstakeId: string, endIso: string): Key => ({
  pk: cooldownPartition(shardOf(unstakeId, cooldownShards)),
  sk: `${endIso}#${unstakeId}`,
});

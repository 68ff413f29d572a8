/** Keys of the clusters table. */
import type { Key } from '../core/database.ts';
import { shardOf } from '../core/hash.ts';
import { isoOf } from '../core/time.ts';

export const dueShards = 16;
export const liveShards = 16;

export const clusterKey = (clusterId: string): Key => ({ pk: `CLU#${clusterId}`, sk: 'CLUSTER' });

export const nodePrefix = 'NODE#';
export const nodeKey = (clusterId: string, nodeId: string): Key => ({
  pk: `CLU#${clusterId}`,
  sk: `${nodePrefix}${nodeId}`,
});

export const usageKey = (clusterId: string): Key => ({ pk: `CLU#${clusterId}`, sk: 'USAGE' });

/** The task token of the workflow that waits for this cluster's agents. */
export const waitKey = (clusterId: string): Key => ({ pk: `CLU#${clusterId}`, sk: 'WAIT' });

export const answerPrefix = 'ANSWER#';
/** That a challenge of the cluster's round is over. */
export const answerKey = (clusterId: string, challengeId: string): Key => ({
  pk: `CLU#${clusterId}`,
  sk: `${answerPrefix}${challengeId}`,
});

export const eventPrefix = 'EVT#';
/** Events are numbered by the version that they made. */
export const eventKey = (clusterId: string, version: number): Key => ({
  pk: `CLU#${clusterId}`,
  sk: `${eventPrefix}${String(version).padStart(8, '0')}`,
});

export const commandPrefix = 'CMD#';
export const commandKey = (deviceId: string, commandId: string): Key => ({
  pk: `DEVICE#${deviceId}`,
  sk: `${commandPrefix}${commandId}`,
});

/** Due work, sorted by time within its shard. */
export const dueKey = (clusterId: string, dueAtMs: number): Key => ({
  pk: `DUE#${shardOf(clusterId, dueShards)}`,
  sk: `${isoOf(dueAtMs)}#${clusterId}`,
});

export const duePartition = (shard: number): string => `DUE#${shard}`;

/** Partition of `by_live` in which a cluster stands until it is closed. */
export const livePartition = (clusterId: string): string =>
  liveShardPartition(shardOf(clusterId, liveShards));
export const liveShardPartition = (shard: number): string => `LIVE#${shard}`;

/** When a schedule last ran, and since when without a pause. */
export const pulseKey = (task: string): Key => ({ pk: 'PULSE', sk: task });

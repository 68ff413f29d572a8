/**
 * Keys of the tables `proofs` and `beacon`. What belongs to a device stands in the device's partition: its
 * processors' records and its proofs (which sort by their start). Index `by_proof` finds a proof by its id.
 */
import type { Key } from '../core/database.ts';
import { shardOf } from '../core/hash.ts';

/** Partitions that due challenges, and the gates of an hour, are spread over. */
export const dueShards = 16;
export const gateShards = 16;
/** Partitions that the places of all devices are spread over. */
export const placeShards = 64;

const devicePartition = (deviceId: string): string => `DEV#${deviceId}`;

/** A device's cohort, group and part; in shards of their own, so that all devices can be gone through. */
export const placeKey = (deviceId: string): Key => ({
  pk: placePartition(shardOf(deviceId, placeShards)),
  sk: deviceId,
});
export const placePartition = (shard: number): string => `PLACE#${shard}`;

export const processorPrefix = 'PRC#';
export const processorKey = (deviceId: string, processorId: string): Key => ({
  pk: devicePartition(deviceId),
  sk: `${processorPrefix}${processorId}`,
});

export const proofPrefix = 'PROOF#';
export const proofKey = (deviceId: string, proofId: string): Key => ({
  pk: devicePartition(deviceId),
  sk: `${proofPrefix}${proofId}`,
});

/** Partition of `by_proof`; its sort key is the device's id. */
export const proofPartition = (proofId: string): string => `PROOF#${proofId}`;

export const challengeKey = (challengeId: string): Key => ({
  pk: `CHL#${challengeId}`,
  sk: 'CHALLENGE',
});

export const roundPartition = (round: string): string => `ROUND#${round}`;
export const roundKey = (round: string, challengeId: string): Key => ({
  pk: roundPartition(round),
  sk: challengeId,
});

/** A time as text that sorts like the number. */
const sortableMs = (ms: number): string => String(ms).padStart(15, '0');

/** When a challenge has to be looked at, sorted by time within its shard. */
export const dueKey = (challengeId: string, dueAtMs: number): Key => ({
  pk: duePartition(shardOf(challengeId, dueShards)),
  sk: `${sortableMs(dueAtMs)}#${challengeId}`,
});
export const duePartition = (shard: number): string => `DUE#${shard}`;
/** Sorts after every entry that is due by then. */
export const dueEnd = (nowMs: number): string => `${sortableMs(nowMs)}~`;

/** The gate of a processor in an hour (`YYYY-MM-DDTHH`). */
export const gateKey = (hour: string, processorId: string): Key => ({
  pk: gatePartition(hour, shardOf(processorId, gateShards)),
  sk: processorId,
});
export const gatePartition = (hour: string, shard: number): string => `HOUR#${hour}#${shard}`;

/** In the table `beacon`: the key from which the seeds of a UTC day (`YYYY-MM-DD`) follow. */
export const dayKeyKey = (date: string): Key => ({ pk: `DAY#${date}`, sk: 'KEY' });

export const cohortKey = (cohort: string): Key => ({ pk: `COHORT#${cohort}`, sk: 'COHORT' });

/** A page of one shard of a day's calls in short (`YYYY-MM-DD`); sharded as gates are. */
export const callDayKey = (date: string, shard: number, page: number): Key => ({
  pk: callDayPartition(date, shard),
  sk: String(page).padStart(4, '0'),
});
export const callDayPartition = (date: string, shard: number): string => `CALLS#${date}#${shard}`;

/** Up to which hour everybody is judged. */
export const judgingKey: Key = { pk: 'JUDGING', sk: 'JUDGING' };

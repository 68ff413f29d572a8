/**
 * The order of an hour's entries: by the SHA-256 of the hour's name and the device's public id, which nobody
 * can choose and which changes every hour. Shares are rounded along it, so no device is favoured for long; and
 * since it depends on nothing else, neither the order of arrival nor the number of shards changes a share.
 */
import { hash } from 'node:crypto';
import { assert } from '../core/assert.ts';
import { type Pool, pools } from './pool.ts';

interface Placed {
  readonly publicId: string;
  readonly pool: Pool;
}

/** 64 hexadecimal digits; `epochId` is the hour as `YYYY-MM-DDTHH`. */
export const orderKeyOf = (epochId: string, publicId: string): string => {
  assert(/^\d{4}-\d\d-\d\dT\d\d$/.test(epochId), `${epochId} is no hour`);
  return hash('sha256', epochId + publicId);
};

/** The shard of a key, 0 to count - 1: all keys of a shard come before those of the next. */
export const shardOfKey = (key: string, count: number): number => {
  assert(Number.isSafeInteger(count) && count > 0 && count < 2 ** 20, 'a number of shards');
  return Math.floor((Number.parseInt(key.slice(0, 8), 16) * count) / 2 ** 32);
};

/** The entries in the order of their keys, those of one device by pool. BugError for one that stands twice. */
export const inOrder = <T extends Placed>(epochId: string, entries: readonly T[]): readonly T[] => {
  const keyed = entries.map((entry) => ({
    key: `${orderKeyOf(epochId, entry.publicId)}${pools.indexOf(entry.pool)}`,
    entry,
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const [index, { key, entry }] of keyed.entries()) {
    assert(key !== keyed[index + 1]?.key, `${entry.publicId} stands twice in a pool`);
  }
  return keyed.map(({ entry }) => entry);
};

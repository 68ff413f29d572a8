/** Reads of the rewards that are held for a while. Strongly consistent unless said otherwise. */
import * as z from 'zod';
import { assert } from '../../core/assert.ts';
import type { Database, Item } from '../../core/database.ts';
import { wholeNumber } from '../../core/field.ts';
import { isoOf } from '../../core/time.ts';
import { supplierIoAccount } from '../account.ts';
import { assertHold } from '../held-credit.ts';
import { heldAttributes, heldOf } from '../held-store.ts';
import { heldRewardPartition, heldRewardShards, holdKey } from '../keys.ts';
import { type RewardHold, rewardHoldId } from './reward.ts';

const dueMax = 100;

const stored = z.object({
  ...heldAttributes,
  pk: z.string().startsWith('P#rwh:'),
  organisation: z.string(),
  epoch_id: z.string(),
  release_at_ms: wholeNumber,
});

/** The hold in a `P#rwh:` item. */
export const parseRewardHold = (item: Item): RewardHold => {
  const row = stored.parse(item);
  const hold: RewardHold = {
    ...heldOf(row),
    account: supplierIoAccount(row.organisation),
    organisation: row.organisation,
    epochId: row.epoch_id,
    releaseAtMs: row.release_at_ms,
  };
  assertHold(hold);
  return hold;
};

/** What is held of an organisation's reward for an hour; undefined when nothing is, or ever was. */
export const getRewardHold = async (
  database: Database,
  epochId: string,
  organisation: string,
): Promise<RewardHold | undefined> => {
  const item = await database.get('ledger', holdKey(rewardHoldId(epochId, organisation)));
  return item && parseRewardHold(item);
};

/**
 * A page of the rewards whose time of being held is over and that are still held; maybe empty before the last
 * page, which has no `next`. Found by an index, so one of this second may be missing.
 */
export const listRewardHoldsDue = async (
  database: Database,
  nowMs: number,
  cursor?: string,
): Promise<{ readonly holds: readonly RewardHold[]; readonly next: string | undefined }> => {
  const { shard, inner } = readCursor(cursor);
  const found = await database.query('ledger', {
    index: 'by_maturity',
    pk: heldRewardPartition(shard),
    skFrom: '0',
    skTo: `${isoOf(nowMs)}#~`,
    limit: dueMax,
    cursor: inner,
  });
  const keys = found.items.map(({ pk, sk }) => ({ pk, sk }));
  const items = keys.length === 0 ? [] : await database.getMany('ledger', keys);
  const holds = items.map(parseRewardHold).filter(({ state }) => state === 'open');
  return {
    holds: holds.toSorted((a, b) => a.releaseAtMs - b.releaseAtMs || (a.id < b.id ? -1 : 1)),
    next: nextCursor(shard, found.next),
  };
};

/** A cursor is the shard that is read, and the index's own cursor within it. */
const readCursor = (cursor: string | undefined) => {
  if (cursor === undefined) return { shard: 0, inner: undefined };
  const colon = cursor.indexOf(':');
  const shard = Number(cursor.slice(0, colon));
  assert(colon > 0 && shard < heldRewardShards, `no cursor: ${cursor}`);
  return { shard, inner: cursor.slice(colon + 1) || undefined };
};

const nextCursor = (shard: number, inner: string | undefined): string | undefined => {
  if (inner !== undefined) return `${shard}:${inner}`;
  return shard + 1 < heldRewardShards ? `${shard + 1}:` : undefined;
};

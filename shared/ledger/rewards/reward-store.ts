/** Reads of the rewards that are held for a while. Strongly consistent unless said otherwise. */
import * as z from 'zod';
import type { Database, Item } from '../../core/database.ts';
import { wholeNumber } from '../../core/field.ts';
import { isoOf } from '../../core/time.ts';
import { supplierIoAccount } from '../account.ts';
import { assertHold } from '../held-credit.ts';
import { heldAttributes, heldOf } from '../held-store.ts';
import { heldRewardPartition, holdKey, keptRewardPartition, keptRewardPrefix } from '../keys.ts';
import { isKept, type RewardHold, rewardHoldId } from './reward.ts';

const dueMax = 100;

const stored = z.object({
  ...heldAttributes,
  pk: z.string().startsWith('P#rwh:'),
  organisation: z.string(),
  epoch_id: z.string(),
  release_at_ms: wholeNumber,
  kept_at_ms: wholeNumber.optional(),
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
    ...(row.kept_at_ms === undefined ? {} : { keptAtMs: row.kept_at_ms }),
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

/** Holds of rewards as an index found them. */
interface RewardHoldPage {
  readonly holds: readonly RewardHold[];
  readonly next: string | undefined;
}

/**
 * A page of one shard's rewards whose time of being held is over and that are still held; maybe empty before
 * the last page, which has no `next`. Found by an index, so one of this second may be missing.
 */
export const listRewardHoldsDue = async (
  database: Database,
  page: {
    /** 0 to `heldRewardShards` - 1. */
    readonly shard: number;
    readonly nowMs: number;
    readonly cursor?: string | undefined;
  },
): Promise<RewardHoldPage> => {
  const found = await database.query('ledger', {
    index: 'by_maturity',
    pk: heldRewardPartition(page.shard),
    skFrom: '0',
    skTo: `${isoOf(page.nowMs)}#~`,
    limit: dueMax,
    cursor: page.cursor,
  });
  const holds = await readHolds(database, found.items);
  return {
    holds: holds
      .filter((hold) => !isKept(hold))
      .toSorted((a, b) => a.releaseAtMs - b.releaseAtMs || (a.id < b.id ? -1 : 1)),
    next: found.next,
  };
};

/** A page of the rewards that are kept, by organisation and hour; of everybody, or of one organisation. */
export const listKeptRewards = async (
  database: Database,
  page: {
    readonly organisation?: string | undefined;
    /** At most 100. */
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
): Promise<RewardHoldPage> => {
  const { organisation, limit, cursor } = page;
  const found = await database.query('ledger', {
    index: 'by_maturity',
    pk: keptRewardPartition,
    ...(organisation === undefined ? {} : { skPrefix: keptRewardPrefix(organisation) }),
    limit,
    cursor,
  });
  const holds = await readHolds(database, found.items);
  const orderOf = (hold: RewardHold) => `${hold.organisation}#${hold.id}`;
  return {
    holds: holds.filter(isKept).toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)),
    next: found.next,
  };
};

/** Those that are still held, as they stand now. */
const readHolds = async (
  database: Database,
  found: readonly Item[],
): Promise<readonly RewardHold[]> => {
  const keys = found.map(({ pk, sk }) => ({ pk, sk }));
  const items = keys.length === 0 ? [] : await database.getMany('ledger', keys);
  return items.map(parseRewardHold).filter(({ state }) => state === 'open');
};

/**
 * Days of calls in short in the proofs table: made of a day's gates once the day is over, in pages of one
 * shard of processors, and deleted when no search looks back so far. Derived, so writing again is harmless;
 * each page says how many there are, so that one which was written in part is not taken for the whole.
 */
import * as z from 'zod';
import type { Database, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import type { CallDay } from './call-day.ts';
import { callDayKey, callDayPartition } from './keys.ts';

/** Processors per item: each takes about 150 bytes, an item holds 400 KB. */
const perItem = 1_000;
/** Items of one shard and day that are read at most. */
const itemsMax = 100;

const stored = z.object({
  pages: wholeNumber,
  days: z.array(
    z.object({
      device_id: z.string(),
      processor_id: z.string(),
      called: z.string(),
      missed: z.string(),
    }),
  ),
});

/** Writes one shard of a date (`YYYY-MM-DD`), as at least one item: an empty day is one that is done. */
export const putCallDays = (
  date: string,
  shard: number,
  days: readonly CallDay[],
): readonly Write[] => {
  const pages = Math.max(1, Math.ceil(days.length / perItem));
  return Array.from({ length: pages }, (_, page) => ({
    kind: 'put',
    table: 'proofs',
    key: callDayKey(date, shard, page),
    attributes: {
      pages,
      days: days
        .slice(page * perItem, (page + 1) * perItem)
        .map(({ deviceId, processorId, called, missed }) => ({
          device_id: deviceId,
          processor_id: processorId,
          called,
          missed,
        })),
    },
    condition: {},
  }));
};

/** One shard of a date; undefined when it was not written, or not to its end. */
export const listCallDays = async (
  database: Database,
  date: string,
  shard: number,
): Promise<readonly CallDay[] | undefined> => {
  const found: CallDay[] = [];
  let cursor: string | undefined;
  let items = 0;
  let pages = 0;
  do {
    const pk = callDayPartition(date, shard);
    const page = await database.query('proofs', { pk, limit: itemsMax, cursor });
    items += page.items.length;
    for (const item of page.items) {
      const read = stored.parse(item);
      pages = Math.max(pages, read.pages);
      for (const day of read.days) {
        const { device_id: deviceId, processor_id: processorId, called, missed } = day;
        found.push({ deviceId, processorId, called, missed });
      }
    }
    cursor = page.next;
  } while (cursor !== undefined && items < itemsMax);
  return items === 0 || items < pages ? undefined : found;
};

/** What forgets one shard of a date. */
export const deleteCallDays = async (
  database: Database,
  date: string,
  shard: number,
): Promise<readonly Write[]> => {
  const page = await database.query('proofs', {
    pk: callDayPartition(date, shard),
    limit: itemsMax,
  });
  return page.items.map(({ pk, sk }) => ({
    kind: 'delete',
    table: 'proofs',
    key: { pk, sk },
    condition: {},
  }));
};

/**
 * The keys of days, in a table that few may read: 32 random bytes for each UTC date, put once and never
 * changed, because the seeds of all its slots follow from it.
 */
import type { Database, Write } from '../core/database.ts';
import { dayKeyKey } from './keys.ts';
import { bytesOfHex, toHex } from './protocol/bytes.ts';

/** Gives the date (`YYYY-MM-DD`) its key of 32 bytes; refused when it has one. */
export const putDayKey = (date: string, key: Uint8Array): Write => ({
  kind: 'put',
  table: 'beacon',
  key: dayKeyKey(date),
  attributes: { key: toHex(key) },
  condition: { exists: false },
});

/** The key of the date; undefined when it has none. Secret until the day after. */
export const getDayKey = async (
  database: Database,
  date: string,
): Promise<Uint8Array | undefined> => {
  const item = await database.get('beacon', dayKeyKey(date));
  return item && bytesOfHex(String(item['key']));
};

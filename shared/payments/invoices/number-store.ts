/** The last number that an invoice of a year (UTC) got. */
import type { Database, Write } from '../../core/database.ts';
import { wholeNumber } from '../../core/field.ts';
import { isoOf } from '../../core/time.ts';
import { numbersKey } from '../keys.ts';

const yearOf = (atMs: number): string => isoOf(atMs).slice(0, 4);

/** 0 before the first invoice of the year. */
export const getLastNumber = async (database: Database, atMs: number): Promise<number> => {
  const item = await database.get('payments', numbersKey(yearOf(atMs)));
  return item ? wholeNumber.parse(item['last']) : 0;
};

/** Takes the number after the last one as read; stands in the transaction that puts its invoice. */
export const takeNumber = (atMs: number, lastAsRead: number): Write => ({
  kind: 'put',
  table: 'payments',
  key: numbersKey(yearOf(atMs)),
  attributes: { last: lastAsRead + 1 },
  condition: lastAsRead === 0 ? { exists: false } : { equals: { last: lastAsRead } },
});

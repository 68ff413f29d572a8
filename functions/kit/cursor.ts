/**
 * Cursors of lists: the key after which the next page starts, opaque to callers. A cursor gives no
 * access: one that points outside the partition and the bounds that are read is refused.
 */
import { assert } from '../../shared/core/assert.ts';
import type { Item, Query } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { type TableName, tableShape } from '../../shared/core/tables.ts';

type CursorKey = Readonly<Record<string, string>>;

/** The attributes that a query reads along: the table's own, or those of its index. */
export interface KeyAttributes {
  readonly pk: string;
  readonly sk: string;
}

/** The attributes that this query reads along; a BugError for an index that the table lacks. */
export const keyAttributesOf = (table: TableName, query: Query): KeyAttributes => {
  assert(query.limit >= 1 && query.limit <= 1000, 'a page is of 1 to 1000 items');
  if (query.index === undefined) return { pk: 'pk', sk: 'sk' };
  const index = tableShape(table).indexes[query.index];
  assert(index, `table ${table} has no index ${query.index}`);
  return index;
};

/** Whether a sort key lies within what the query asks for. */
export const withinBounds = (query: Query, sortKey: string): boolean => {
  if (query.skPrefix !== undefined) return sortKey.startsWith(query.skPrefix);
  return sortKey >= (query.skFrom ?? '') && (query.skTo === undefined || sortKey <= query.skTo);
};

/** The cursor that stands for this key (string attributes only). */
export const encodeCursor = (key: object): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/** The cursor that continues a query after this item. */
export const cursorAfter = (item: Item, { pk, sk }: KeyAttributes): string =>
  encodeCursor({ pk: item.pk, sk: item.sk, [pk]: item[pk], [sk]: item[sk] });

/** The key behind a cursor; `request.malformed` when it is none of ours. */
export const decodeCursor = (cursor: string): CursorKey => {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const holds =
      typeof key === 'object' &&
      key !== null &&
      Object.values(key).every((value) => typeof value === 'string' && value !== '');
    if (holds) return key as CursorKey;
  } catch {
    // Falls through to the refusal: whatever is wrong with it, the caller's remedy is the same.
  }
  throw foreignCursor();
};

/** The key after which this query goes on; `request.malformed` when its cursor is of another list. */
export const startKeyOf = (query: Query, attributes: KeyAttributes): CursorKey | undefined => {
  if (query.cursor === undefined) return undefined;
  const key = decodeCursor(query.cursor);
  const expected = new Set(['pk', 'sk', attributes.pk, attributes.sk]);
  const complete =
    Object.keys(key).length === expected.size && [...expected].every((name) => name in key);
  const inside = key[attributes.pk] === query.pk && withinBounds(query, key[attributes.sk] ?? '');
  if (!complete || !inside) throw foreignCursor();
  return key;
};

const foreignCursor = (): AppError =>
  new AppError('request.malformed', {
    fields: [
      { pointer: '/query/cursor', message: 'Use next_cursor of the page before, unchanged.' },
    ],
  });

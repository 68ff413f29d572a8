/**
 * Cursors of lists: the key after which the next page starts, opaque to callers. A cursor gives no
 * access: the partition that is read never comes out of it.
 */
import { AppError } from '../../shared/core/errors.ts';

type CursorKey = Readonly<Record<string, string>>;

/** The cursor that stands for this key (string attributes only). */
export const encodeCursor = (key: object): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/** The key behind a cursor; `request.malformed` when it is none of ours. */
export const decodeCursor = (cursor: string): CursorKey => {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const holds =
      typeof key === 'object' &&
      key !== null &&
      Object.values(key).every((value) => typeof value === 'string');
    if (holds) return key as CursorKey;
  } catch {
    // Falls through to the refusal: whatever is wrong with it, the caller's remedy is the same.
  }
  throw new AppError('request.malformed', {
    fields: [{ pointer: '/cursor', message: 'Use next_cursor of the page before, unchanged.' }],
  });
};

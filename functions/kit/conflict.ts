/**
 * What DynamoDB refuses because a transaction holds the item at that moment: nothing was read or written,
 * and the same request is sent again. Both databases use it, so that a single write is refused for its
 * condition alone.
 */
import { contention } from '../../shared/core/database.ts';

/** Most times that a request is sent; transactions take milliseconds. */
const attemptsMax = 4;
const pauseMsFirst = 10;

export interface Retrying {
  /** Whether only another transaction stood in the way. */
  readonly isConflict: (error: unknown) => boolean;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/** The answer once nothing stands in the way; `platform.unavailable` when something always does. */
export const pastConflicts = async <Answer>(
  send: () => Promise<Answer>,
  { isConflict, pause }: Retrying,
): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (attempt === attemptsMax) throw contention(error);
      await pause(pauseMsFirst * 2 ** attempt);
    }
  }
};

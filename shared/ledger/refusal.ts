/**
 * What a refused ledger transaction means. The stored transfer under our id tells whether our fact was
 * committed before (same cause), or whether two facts claim one id (another cause: an alarm). Anything
 * else means that the world moved between reading and writing, and the caller decides again.
 */
import { assert, BugError } from '../core/assert.ts';
import type { Write, WriteRefused } from '../core/database.ts';
import { transferKey } from './keys.ts';
import type { Transfer } from './transfer.ts';

export type RefusalMeaning = 'already_done' | 'decide_again';

/**
 * Reads the refusal of `writes`, which post `transfers`. Throws a BugError when a stored transfer has
 * our id and another cause. Causes are compared, never legs: those are of the commit.
 */
export const readRefusal = (
  refusal: WriteRefused,
  writes: readonly Write[],
  transfers: readonly Transfer[],
): RefusalMeaning => {
  assert(refusal.reasons.length === writes.length, 'a refusal of other writes');
  let meaning: RefusalMeaning = 'decide_again';
  for (const transfer of transfers) {
    const { pk } = transferKey(transfer.id);
    const index = writes.findIndex(({ table, key }) => table === 'ledger' && key.pk === pk);
    assert(index >= 0, `transfer ${transfer.id} is not among the writes`);
    if (!refusal.failedAt(index)) continue;
    if (refusal.items[index]?.['cause'] !== transfer.cause) {
      throw new BugError(`transfer ${transfer.id} exists with another cause`);
    }
    meaning = 'already_done';
  }
  return meaning;
};

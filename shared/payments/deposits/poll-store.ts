/** How far histories were read, who reads them now, and when a hint was passed on. */
import * as z from 'zod';
import type { Database, Write } from '../../core/database.ts';
import { units } from '../../core/field.ts';
import { cursorKey, cursorPartition, hintKey, pollLockKey } from './keys.ts';

/** The slots to which the providers' histories of an account were read, by provider. */
export const getCursors = async (
  database: Database,
  account: string,
): Promise<ReadonlyMap<string, bigint>> => {
  const { items } = await database.query('payments', { pk: cursorPartition(account), limit: 100 });
  return new Map(items.map((item) => [item.sk, z.object({ slot: units }).parse(item).slot]));
};

/** Moves a cursor; never back. */
export const moveCursor = (account: string, provider: string, slot: bigint): Write => ({
  kind: 'update',
  table: 'payments',
  key: cursorKey(account, provider),
  set: { slot },
  condition: { atMostOrAbsent: { slot } },
});

/** Takes the lock, if nobody has it any more. Refused: somebody else reads the histories. */
export const takePollLock = (holder: string, nowMs: number, untilMs: number): Write => ({
  kind: 'update',
  table: 'payments',
  key: pollLockKey,
  set: { holder, until_ms: untilMs },
  condition: { atMostOrAbsent: { until_ms: nowMs } },
});

/** Gives the lock back, if it is still the holder's. */
export const givePollLockBack = (holder: string): Write => ({
  kind: 'update',
  table: 'payments',
  key: pollLockKey,
  set: { until_ms: 0 },
  condition: { equals: { holder } },
});

/** Notes that a hint is passed on; refused when one was so shortly before. */
export const putHint = (nowMs: number, everyMs: number): Write => ({
  kind: 'put',
  table: 'payments',
  key: hintKey,
  attributes: { at_ms: nowMs },
  condition: { atMostOrAbsent: { at_ms: nowMs - everyMs } },
});

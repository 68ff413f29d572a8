/** How far the judging of hours has come, so that a run with nothing to do ends after one read. */
import type { Database, Write } from '../core/database.ts';
import { judgingKey } from './keys.ts';

/** The start of the last hour that processors were judged for, but those that failed; undefined before the first. */
export const getJudgedHour = async (database: Database): Promise<number | undefined> => {
  const item = await database.get('proofs', judgingKey);
  return item && Number(item['hour_ms']);
};

/** Processors are judged up to this hour; a later one that was noted meanwhile stays. */
export const putJudgedHour = (hourMs: number): Write => ({
  kind: 'put',
  table: 'proofs',
  key: judgingKey,
  attributes: { hour_ms: hourMs },
  condition: { anyOf: [{ exists: false }, { atMost: { hour_ms: hourMs } }] },
});

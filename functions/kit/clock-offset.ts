/**
 * The offset of the local stage's clock: one item of the requests table. Other stages never read it.
 */
import type { Database } from '../../shared/core/database.ts';
import { clockOffsetKey } from './keys.ts';

export interface ClockOffset {
  /** Added to the machine's time, in milliseconds. */
  readonly offsetMs: number;
}

/** The offset as it stands; 0 when nobody moved the clock. */
export const readClockOffset = async (database: Database): Promise<ClockOffset> => {
  const item = await database.get('requests', clockOffsetKey);
  return { offsetMs: Number(item?.['offset_ms'] ?? 0n) };
};

/** Moves the clock of the local stage; for tests and the demo. */
export const writeClockOffset = async (database: Database, offset: ClockOffset): Promise<void> => {
  await database.write({
    kind: 'put',
    table: 'requests',
    key: clockOffsetKey,
    attributes: { offset_ms: offset.offsetMs },
    condition: {},
  });
};

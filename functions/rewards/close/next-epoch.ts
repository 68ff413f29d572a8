/**
 * Which hour is to be closed next: the one after the last that is completed, from the first hour of the
 * emission on, one at a time. Reads, and changes nothing.
 */
import { assert } from '../../../shared/core/assert.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { hourIdOf } from '../../../shared/proofs/gate.ts';
import { getJudgedHour } from '../../../shared/proofs/judging-store.ts';
import { isOver } from '../../../shared/rewards/epoch.ts';
import { getClosedHour } from '../../../shared/rewards/epoch-store.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import { hourNumberOf } from '../../../shared/token/token-mode.ts';
import type { Runtime } from '../../kit/runtime.ts';

/** An hour that can be closed now. */
export interface DueEpoch {
  readonly outcome: 'due';
  readonly id: string;
  readonly hour: number;
  readonly startMs: number;
}

export type NextEpoch =
  | DueEpoch
  /** The installation has no token. */
  | { readonly outcome: 'no_token' }
  /** The emission is over. */
  | { readonly outcome: 'over' }
  /** The hour has not ended, or its proofs have not. */
  | { readonly outcome: 'not_due' }
  /** Its proofs were not judged yet. */
  | { readonly outcome: 'not_judged'; readonly startMs: number };

export const nextEpoch = async ({
  token,
  database,
  clock,
}: Pick<Runtime, 'token' | 'database' | 'clock'>): Promise<NextEpoch> => {
  if (token === undefined) return { outcome: 'no_token' };
  const closed = await getClosedHour(database);
  const startMs = closed === undefined ? token.genesisMs : closed + hourMs;
  const hour = hourNumberOf(token, startMs);
  assert(hour >= 0, `hours before genesis were closed: genesis moved, which it must not`);
  if (emissionOf(hour) === undefined) return { outcome: 'over' };
  if (!isOver(startMs, clock.nowMs())) return { outcome: 'not_due' };
  const judged = await getJudgedHour(database);
  if (judged === undefined || judged < startMs) return { outcome: 'not_judged', startMs };
  return { outcome: 'due', id: hourIdOf(startMs), hour, startMs };
};

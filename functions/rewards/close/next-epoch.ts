/**
 * Which hour is to be closed next: the one after the last that is completed, from the first hour of the
 * emission on, one at a time. Reads, and changes nothing. What an hour emits follows from its number: one that
 * does not follow the number of the last hour that is completed is a fault, for it would emit again or leave out.
 */
import { assert, present } from '../../../shared/core/assert.ts';
import type { Database } from '../../../shared/core/database.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { hourIdOf } from '../../../shared/proofs/gate.ts';
import { getJudgedHour } from '../../../shared/proofs/judging-store.ts';
import { isOver } from '../../../shared/rewards/epoch.ts';
import { getClosedHour, getEpoch } from '../../../shared/rewards/epoch-store.ts';
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
  const last = closed === undefined ? -1 : await numberOfClosed(database, closed);
  assert(
    hour === last + 1,
    `hour ${hourIdOf(startMs)} would be number ${hour}, and ${last} was the last: genesis moved, which it must not`,
  );
  if (emissionOf(hour) === undefined) return { outcome: 'over' };
  if (!isOver(startMs, clock.nowMs())) return { outcome: 'not_due' };
  const judged = await getJudgedHour(database);
  if (judged === undefined || judged < startMs) return { outcome: 'not_judged', startMs };
  return { outcome: 'due', id: hourIdOf(startMs), hour, startMs };
};

/** The number under which the last hour that is completed was opened. */
const numberOfClosed = async (database: Database, closedMs: number): Promise<number> => {
  const id = hourIdOf(closedMs);
  return present(await getEpoch(database, id), `${id} is completed, and nothing is stored of it`)
    .hour;
};

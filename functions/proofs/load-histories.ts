/**
 * The slot calls of the last thirty days, as bitmaps per device. Days that are over are read in short; one
 * that was not shortened yet is made from the gates of its hours, and kept. About 1.2 KB per device.
 */
import type { Database } from '../../shared/core/database.ts';
import { dayMs, hourMs } from '../../shared/core/time.ts';
import { type CallDay, callDaysOf, noteDay } from '../../shared/proofs/call-day.ts';
import { listCallDays, putCallDays } from '../../shared/proofs/call-day-store.ts';
import { dateAt } from '../../shared/proofs/day.ts';
import type { Gate } from '../../shared/proofs/gate.ts';
import { listGates } from '../../shared/proofs/gate-store.ts';
import { getJudgedHour } from '../../shared/proofs/judging-store.ts';
import { gateShards } from '../../shared/proofs/keys.ts';
import { type CallHistory, type CallWindow, emptyHistory } from '../../shared/proofs/suspicion.ts';

/** Days that nobody shortened are made up for so long; older ones stay out of the comparison. */
const madeUpDays = 3;
/** Pages of 500 gates of one shard and hour. */
const pagesMax = 1_000;

/** Everybody's history in the window. */
export const loadHistories = async (
  database: Database,
  window: CallWindow,
  nowMs: number,
): Promise<readonly CallHistory[]> => {
  const histories = new Map<string, CallHistory>();
  // A day is kept in short when the hour after it was judged, however late that is: by then what failed
  // at first was judged as well, and gates come no more.
  const judgedHourMs = (await getJudgedHour(database)) ?? Number.NEGATIVE_INFINITY;
  const firstDayMs = Math.floor(window.fromMs / dayMs) * dayMs;
  for (let dayStartMs = firstDayMs; dayStartMs <= nowMs; dayStartMs += dayMs) {
    const shards = Array.from({ length: gateShards }, (_, shard) =>
      loadShard(database, {
        dayStartMs,
        shard,
        slotMinutes: window.slotMinutes,
        nowMs,
        judgedHourMs,
      }),
    );
    for (const day of (await Promise.all(shards)).flat()) {
      const history = histories.get(day.deviceId) ?? emptyHistory(day.deviceId, window);
      histories.set(day.deviceId, history);
      noteDay(history, window, dayStartMs, day);
    }
  }
  return [...histories.values()];
};

interface ShardOfDay {
  readonly dayStartMs: number;
  readonly shard: number;
  readonly slotMinutes: number;
  readonly nowMs: number;
  /** The last hour that is judged. */
  readonly judgedHourMs: number;
}

const loadShard = async (
  database: Database,
  { dayStartMs, shard, slotMinutes, nowMs, judgedHourMs }: ShardOfDay,
): Promise<readonly CallDay[]> => {
  const date = dateAt(dayStartMs);
  const kept = await listCallDays(database, date, shard);
  if (kept) return kept;
  if (dayStartMs < nowMs - (madeUpDays + 1) * dayMs) return [];
  const gates: Gate[] = [];
  for (
    let startMs = dayStartMs;
    startMs < dayStartMs + dayMs && startMs < nowMs;
    startMs += hourMs
  ) {
    gates.push(...(await gatesOf(database, startMs, shard)));
  }
  const days = callDaysOf(gates, dayStartMs, slotMinutes);
  if (judgedHourMs >= dayStartMs + dayMs) {
    for (const write of putCallDays(date, shard, days)) await database.write(write);
  }
  return days;
};

const gatesOf = async (database: Database, hour: number, shard: number): Promise<Gate[]> => {
  const gates: Gate[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const found = await listGates(database, { hourMs: hour, shard, cursor });
    gates.push(...found.gates);
    cursor = found.next;
    if (cursor === undefined) break;
  }
  return gates;
};

/**
 * Task `merge-suspects`: looks for devices that are never good at the same time, and merges those that
 * belong together. Bounds: some 100,000 devices fit in memory; of them the 3,000 that lose most of their
 * calls are compared with all. A suspicion takes no reward that was earned and is no strike.
 */
import { dayMs, minuteMs } from '../../shared/core/time.ts';
import { deleteCallDays } from '../../shared/proofs/call-day-store.ts';
import { dateAt } from '../../shared/proofs/day.ts';
import { gateShards } from '../../shared/proofs/keys.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import {
  suspectGroups,
  suspectPairs,
  suspicionDays,
  suspicionWindow,
} from '../../shared/proofs/suspicion.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { loadHistories } from './load-histories.ts';
import { mergeCohorts } from './merge-cohorts.ts';

/** Days before the window that are deleted; a run each day would do with one. */
const deletedDays = 3;

export const mergeSuspects = async (needs: Runtime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const { slotMinutes } = policyOf(needs.stage);
  const slotMs = slotMinutes * minuteMs;
  const window = suspicionWindow(Math.floor(nowMs / slotMs) * slotMs, slotMinutes);
  const histories = await loadHistories(needs.database, window, nowMs);
  const groups = suspectGroups(suspectPairs(histories));
  const outcome = await forEachDue(needs, groups, (deviceIds) => mergeCohorts(needs, deviceIds));
  await forgetDays(needs, nowMs);
  return outcome;
};

const forgetDays = async (
  { database }: Pick<Runtime, 'database'>,
  nowMs: number,
): Promise<void> => {
  for (let back = 1; back <= deletedDays; back += 1) {
    const date = dateAt(nowMs - (suspicionDays + back) * dayMs);
    for (let shard = 0; shard < gateShards; shard += 1) {
      for (const write of await deleteCallDays(database, date, shard)) await database.write(write);
    }
  }
};

/**
 * Task `settle-usage`: posts each running cluster's proven time once an hour, in a minute of the hour
 * that follows from its id, so that settlements spread. Minutes missed by a pause are made up for.
 */

import { beat } from '../../shared/clusters/pulse.ts';
import { getPulse, putPulse } from '../../shared/clusters/pulse-store.ts';
import { shardOf } from '../../shared/core/hash.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { TaskOutcome } from '../kit/schedule.ts';
import { settleCluster } from '../ledger/settle-cluster.ts';
import { forEachLiveCluster } from './for-each-live-cluster.ts';
import { settlementSource } from './settlement-source.ts';

const task = 'settle-usage';
const minutesPerHour = hourMs / minuteMs;

export const settleUsage = async (needs: Runtime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const before = await getPulse(needs.database, task);
  const minutes = dueMinutes(before?.lastRunMs ?? nowMs - minuteMs, nowMs);
  const outcome = await forEachLiveCluster(
    needs,
    ({ id, status }) => status === 'running' && minutes.has(shardOf(id, minutesPerHour)),
    ({ id }) => settleCluster(needs, settlementSource(needs.database, id), false),
  );
  await needs.database.write(putPulse(task, beat(before, nowMs)));
  return outcome;
};

/** Minutes of the hour that passed since the last run, this one included. */
export const dueMinutes = (lastRunMs: number, nowMs: number): ReadonlySet<number> => {
  const first = Math.floor(lastRunMs / minuteMs) + 1;
  const last = Math.floor(nowMs / minuteMs);
  const count = Math.max(0, Math.min(minutesPerHour, last - first + 1));
  return new Set(Array.from({ length: count }, (_, index) => (last - index) % minutesPerHour));
};

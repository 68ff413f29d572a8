/**
 * Task `judge-hour`: judges every hour five minutes after its end, by then all its proofs are over. It
 * goes through all devices, catches up with the hours that nobody judged, oldest first, and counts the
 * processors of cohorts, which are split anew from the next full hour on. Runs may overlap, stop half-way
 * and be repeated: a processor's record says how far it was judged. A run in which something failed goes on with
 * the rest, then rings; for half an hour the next ones try again before the hour is noted as judged.
 */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { assert } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { hourMs, isoOf, minuteMs } from '../../shared/core/time.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { dateAt } from '../../shared/proofs/day.ts';
import { getDayKey } from '../../shared/proofs/day-key-store.ts';
import { hoursToJudge } from '../../shared/proofs/judge-hour.ts';
import { getJudgedHour, putJudgedHour } from '../../shared/proofs/judging-store.ts';
import { deletePlace } from '../../shared/proofs/place-store.ts';
import { slotIdAt, slotSeedOf } from '../../shared/proofs/protocol/slot.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import type { ProofNeeds } from './end-proof.ts';
import { type JudgingRun, judgeDevice } from './judge-device.ts';
import { forEachPlaced, type PlacedDevice } from './placed-devices.ts';
import { type CohortCounts, cohortsToSplit, countCohort, splitCohort } from './split-cohorts.ts';

/** After its end, an hour's last proofs have so long to end. */
const judgedAfterMs = 5 * minuteMs;
/** The reward hour is closed once its judging is noted: so long it waits for devices whose judging fails. */
const patienceMs = 30 * minuteMs;
/** A device that is gone has hardly any event after its end. */
const eventsRead = 20;

export const judgeHours = async (needs: Runtime & ProofNeeds): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const lastHourMs = Math.floor((nowMs - judgedAfterMs) / hourMs) * hourMs - hourMs;
  const judgedHourMs = await getJudgedHour(needs.database);
  if (judgedHourMs !== undefined && judgedHourMs >= lastHourMs) return { done: 0, failed: 0 };
  const run = judgingRun(needs, lastHourMs);
  const counts: CohortCounts = new Map();
  const total = { done: 0, failed: 0 };
  const add = (outcome: TaskOutcome): void => {
    total.done += outcome.done;
    total.failed += outcome.failed;
  };
  await forEachPlaced(needs.database, async ({ placed, gone }) => {
    for (const device of placed) countCohort(counts, device);
    // A device that was silent for days is judged when it is back.
    const due = placed.filter(
      ({ device, processors }) =>
        device.status !== 'inactive' &&
        processors.some(({ record }) => hoursToJudge(record, lastHourMs).length > 0),
    );
    add(await forEachDue(needs, due, (one) => judgeDevice(run, one), idOf));
    add(await forEachDue(needs, gone, (one) => judgeLastHours(run, one), idOf));
  });
  const split = await forEachDue(needs, cohortsToSplit(counts), (one) => splitCohort(needs, one));
  // What failed is tried again by the next runs: its records say how far they were judged.
  const dueMs = lastHourMs + hourMs + judgedAfterMs;
  if (total.failed === 0 || nowMs >= dueMs + patienceMs) await noteJudged(needs, lastHourMs);
  const failed = total.failed + split.failed;
  assert(failed === 0, `${failed} devices or cohorts failed in the hour of ${isoOf(lastHourMs)}`);
  return { done: total.done, failed };
};

const idOf = ({ device }: PlacedDevice): string => device.id;

/** A device that is gone is judged through the hour in which it went; then its place is forgotten. */
const judgeLastHours = async (run: JudgingRun, placed: PlacedDevice): Promise<void> => {
  const { database } = run.needs;
  const deviceId = placed.device.id;
  const { events } = await listDeviceEvents(database, deviceId, { limit: eventsRead });
  const end = events.find(({ from, to }) => to === 'terminated' && from !== 'terminated');
  const endHourMs = Math.floor((end?.atMs ?? run.lastHourMs) / hourMs) * hourMs;
  const lastHourMs = Math.min(run.lastHourMs, endHourMs);
  await judgeDevice({ ...run, lastHourMs }, placed);
  if (run.lastHourMs >= endHourMs) await database.write(deletePlace(deviceId));
};

/** What one run reads once: the keys of days, and the clusters that had devices. */
const judgingRun = (needs: ProofNeeds, lastHourMs: number): JudgingRun => {
  const { database } = needs;
  const keys = new Map<string, Promise<Uint8Array | undefined>>();
  const clusters = new Map<string, Promise<Cluster | undefined>>();
  return {
    needs,
    lastHourMs,
    // Only the keys that are there: one that was never made called nobody.
    seedAt: async (opensAtMs) => {
      const key = await once(keys, dateAt(opensAtMs), (date) => getDayKey(database, date));
      return key && slotSeedOf(key, slotIdAt(opensAtMs));
    },
    readCluster: (clusterId) => once(clusters, clusterId, (id) => getCluster(database, id)),
  };
};

const once = <T>(
  known: Map<string, Promise<T>>,
  name: string,
  read: (name: string) => Promise<T>,
): Promise<T> => {
  const found = known.get(name) ?? read(name);
  known.set(name, found);
  return found;
};

/** A run that began later may have noted more. */
const noteJudged = async ({ database }: Pick<Runtime, 'database'>, hour: number): Promise<void> => {
  try {
    await database.write(putJudgedHour(hour));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};

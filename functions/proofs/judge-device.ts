/**
 * Judges the hours of one device's processors that nobody judged yet: what its place and its hires say of
 * the slots that called it, and what became of its proofs. A processor's hours and its next record are one
 * transaction at the version of its record, so judging again changes nothing.
 */
import { assert } from '../../shared/core/assert.ts';
import { hourMs, isoOf } from '../../shared/core/time.ts';
import type { PastHire } from '../../shared/devices/hire.ts';
import { listPastHires } from '../../shared/devices/hire-store.ts';
import type { Gate, HourCall } from '../../shared/proofs/gate.ts';
import { putGate } from '../../shared/proofs/gate-store.ts';
import {
  challengeCalls,
  hoursToJudge,
  judgeHour,
  type ProcessorHour,
} from '../../shared/proofs/judge-hour.ts';
import { slotCallOf, slotsOfHour, valueAt } from '../../shared/proofs/place.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { countsAt, type ProcessorRecord } from '../../shared/proofs/processor-record.ts';
import {
  getProcessorRecord,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { retryRefused } from '../kit/retry.ts';
import { commit } from '../kit/transaction.ts';
import { outcomesOf } from './call-outcomes.ts';
import type { ProofNeeds } from './end-proof.ts';
import { hiredAsAt, type ReadCluster } from './load-hired-as.ts';
import type { PlacedDevice } from './placed-devices.ts';

export interface JudgingRun {
  readonly needs: ProofNeeds;
  /** The start of the last hour to judge. */
  readonly lastHourMs: number;
  /** The seed of a slot; undefined where its day has no key, so that nobody was called. */
  readonly seedAt: (opensAtMs: number) => Promise<Uint8Array | undefined>;
  readonly readCluster: ReadCluster;
}

/** Judges what is due for the device. */
export const judgeDevice = async (run: JudgingRun, placed: PlacedDevice): Promise<void> => {
  const due = placed.processors
    .map(({ record }) => ({ record, hours: hoursToJudge(record, run.lastHourMs) }))
    .filter(({ hours }) => hours.length > 0);
  if (due.length === 0) return;
  const firstMs = Math.min(...due.flatMap(({ hours }) => hours[0] ?? []));
  const past = await listPastHires(run.needs.database, placed.device.id, firstMs);
  const hours = new Map<number, DeviceHour>();
  for (let startMs = firstMs; startMs <= run.lastHourMs; startMs += hourMs) {
    hours.set(startMs, await deviceHour(run, placed, past, startMs));
  }
  for (const { record } of due) await judgeProcessor(run, record, hours);
};

/** A slot that called the device: its processors are of one model and in one place. */
type DeviceCall = Pick<HourCall, 'atMs' | 'profile' | 'rollCall'>;

interface DeviceHour {
  readonly calls: readonly DeviceCall[];
  readonly hired: ProcessorHour['hired'];
}

const deviceHour = async (
  { needs, readCluster, seedAt }: JudgingRun,
  { device, place }: PlacedDevice,
  past: readonly PastHire[],
  startMs: number,
): Promise<DeviceHour> => {
  const policy = policyOf(needs.stage);
  const calls: DeviceCall[] = [];
  const hired: { atMs: number; as: ProcessorHour['hired'][number]['as'] }[] = [];
  for (const atMs of slotsOfHour(startMs, policy)) {
    const as = await hiredAsAt(readCluster, device, past, atMs);
    hired.push({ atMs, as });
    const seed = await seedAt(atMs);
    if (!seed) continue;
    const standing = { place: valueAt(place.value, atMs), model: device.model, hired: as };
    const { called, profile, rollCall } = slotCallOf({ seed }, standing, policy);
    if (called) calls.push({ atMs, profile, rollCall });
  }
  return { calls, hired };
};

/** One transaction for all hours of a processor; when its record changed meanwhile, once more. */
const judgeProcessor = async (
  run: JudgingRun,
  known: ProcessorRecord,
  hours: ReadonlyMap<number, DeviceHour>,
): Promise<void> => {
  const { needs } = run;
  const called = [...hours.values()]
    .flatMap(({ calls }) => calls.map(({ atMs }) => atMs))
    .filter((atMs) => countsAt(known, atMs));
  const outcomes = await outcomesOf(needs, known, called);
  let attempt = 0;
  await retryRefused(needs, async () => {
    attempt += 1;
    const before =
      attempt === 1
        ? known
        : await getProcessorRecord(needs.database, known.deviceId, known.processorId);
    assert(before, `the record of ${known.processorId} is gone`);
    const gates: Gate[] = [];
    let record = before;
    for (const startMs of hoursToJudge(before, run.lastHourMs)) {
      const hour = hours.get(startMs) ?? { calls: [], hired: [] };
      const slots = hour.calls.map(
        (call): HourCall => ({
          ...call,
          source: 'slot',
          outcome: outcomes.get(call.atMs) ?? 'missed',
        }),
      );
      const calls = [...slots, ...challengeCalls(record, startMs)];
      const judged = judgeHour(
        record,
        { startMs, calls, hired: hour.hired },
        policyOf(needs.stage),
      );
      assert(judged, `${isoOf(startMs)} of ${known.processorId} was judged before`);
      record = judged.record;
      const isHired = hour.hired.some(({ as }) => as === 'micro');
      gates.push(gateOf(record, startMs, judged, isHired));
    }
    if (gates.length === 0) return;
    const after = { ...record, version: before.version + 1 };
    await commit(needs, [putProcessorRecord(after), ...gates.map(putGate)]);
  });
};

const gateOf = (
  { processorId, deviceId, organisationId }: ProcessorRecord,
  startMs: number,
  { reason, calls }: Pick<Gate, 'reason' | 'calls'>,
  hired: boolean,
): Gate => ({ hourMs: startMs, processorId, deviceId, organisationId, reason, calls, hired });

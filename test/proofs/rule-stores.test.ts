/** Places, records, gates, cohorts and days of calls in the database: read back as they were written. */
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { hourMs } from '../../shared/core/time.ts';
import { deleteCallDays, listCallDays, putCallDays } from '../../shared/proofs/call-day-store.ts';
import { mergedCohorts, ownCohort, withProcessors } from '../../shared/proofs/cohort.ts';
import { getCohortOf, getCohorts, putCohort } from '../../shared/proofs/cohort-store.ts';
import type { Gate } from '../../shared/proofs/gate.ts';
import { getGate, getGates, listGates, putGate } from '../../shared/proofs/gate-store.ts';
import { getJudgedHour, putJudgedHour } from '../../shared/proofs/judging-store.ts';
import { gateShards } from '../../shared/proofs/keys.ts';
import { changedPlace, firstPlace } from '../../shared/proofs/place.ts';
import { deletePlace, getPlace, getPlaces, putPlace } from '../../shared/proofs/place-store.ts';
import { changedRecord, type ProcessorRecord } from '../../shared/proofs/processor-record.ts';
import {
  getProcessorRecord,
  getProcessorRecords,
  listProcessorRecords,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { testId } from '../devices/builders.ts';
import { MemoryDatabase } from '../support/memory-database.ts';
import { startMs } from '../support/runtime.ts';
import { aCall, aRecord } from './records.ts';

const setup = () => {
  const database = new MemoryDatabase();
  const refused = async (write: Write): Promise<boolean> => {
    try {
      await database.write(write);
      return false;
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      return true;
    }
  };
  return { database, refused };
};

/** Every optional attribute set. */
const fullRecord: ProcessorRecord = aRecord({
  kind: 'cpu',
  model: 'Ryzen',
  verifiedAtMs: startMs - hourMs,
  calibration: {
    runs: [
      { gops: 100, mbps: 9_000 },
      { gops: 110, mbps: 9_100 },
    ],
    reference: { gops: 105, mbps: 9_050 },
  },
  excludedUntilMs: startMs + hourMs,
  owesRollCall: true,
  strikes: [startMs - 5],
  challenges: [{ atMs: startMs, profile: 2, passed: false }],
  lastMetrics: { atMs: startMs, gops: 108, mbps: null, poolBytes: null },
});

describe('a record', () => {
  it('is read back as it was written, with all and with nothing', async () => {
    const { database } = setup();
    const fresh = { ...aRecord(), processorId: 'prc_2' } as const;
    for (const record of [fullRecord, fresh]) {
      await database.write(putProcessorRecord(record));
      const { deviceId, processorId } = record;
      expect(await getProcessorRecord(database, deviceId, processorId)).toEqual(record);
    }
    const { deviceId, processorId } = fullRecord;
    expect(await listProcessorRecords(database, deviceId)).toEqual([fullRecord, fresh]);
    const wanted = [
      { deviceId, id: processorId },
      { deviceId, id: 'prc_absent' },
    ];
    expect(await getProcessorRecords(database, wanted)).toEqual([fullRecord]);
  });

  it('is listed with all others of its device, however much hardware that had', async () => {
    const { database } = setup();
    const ids = Array.from({ length: 120 }, (_, index) => `prc_${1_000 + index}` as const);
    for (const processorId of ids) {
      await database.write(putProcessorRecord({ ...aRecord(), processorId }));
    }
    const listed = await listProcessorRecords(database, aRecord().deviceId);
    expect(listed.map(({ processorId }) => processorId)).toEqual(ids);
  });

  it('is put once, and changed at its version alone', async () => {
    const { database, refused } = setup();
    expect(fullRecord.version).toBe(1);
    const next = changedRecord(fullRecord, { strikes: [] });
    expect(await refused(putProcessorRecord(next))).toBe(true);
    await database.write(putProcessorRecord(fullRecord));
    expect(await refused(putProcessorRecord(fullRecord))).toBe(true);
    await database.write(putProcessorRecord(next));
    expect(await refused(putProcessorRecord(next))).toBe(true);
  });
});

describe('a place', () => {
  const place = firstPlace(testId('dev', 1), { cohort: 'org_1', group: 'net:1', parts: 1 });

  it('is read back with its past, put once, and changed at its version alone', async () => {
    const { database, refused } = setup();
    const moved = changedPlace(place, { parts: 2 }, startMs + 1);
    expect(await refused(putPlace(moved))).toBe(true);
    await database.write(putPlace(place));
    expect(await refused(putPlace(place))).toBe(true);
    await database.write(putPlace(moved));
    expect(await getPlace(database, place.deviceId)).toEqual(moved);
    expect(await getPlaces(database, [place.deviceId, testId('dev', 2)])).toEqual([moved]);
    await database.write(deletePlace(place.deviceId));
    expect(await getPlace(database, place.deviceId)).toBeUndefined();
  });
});

describe('a gate', () => {
  const gate = (changes: Partial<Gate> = {}): Gate => ({
    hourMs: startMs,
    processorId: 'prc_1',
    deviceId: testId('dev', 1),
    organisationId: testId('org', 1),
    reason: 'call_missed',
    hired: false,
    calls: [aCall(10, { rollCall: true, outcome: 'missed' }), aCall(20, { profile: 0 })],
    ...changes,
  });

  it('is written once for ever, and found by its hour and processor', async () => {
    const { database, refused } = setup();
    await database.write(putGate(gate()));
    expect(await refused(putGate(gate({ reason: null })))).toBe(true);
    expect(await getGate(database, 'prc_1', startMs)).toEqual(gate());
    expect(await getGate(database, 'prc_1', startMs + hourMs)).toBeUndefined();
    const served = gate({ processorId: 'prc_2', reason: null, hired: true });
    await database.write(putGate(served));
    const both = await getGates(database, ['prc_2', 'prc_3', 'prc_1'], startMs);
    expect(both).toHaveLength(2);
    expect(both).toEqual(expect.arrayContaining([gate(), served]));
  });

  it('is listed with the others of its hour, each in one shard', async () => {
    const { database } = setup();
    const ids = Array.from({ length: 40 }, (_, index) => `prc_${index}` as const);
    for (const processorId of ids)
      await database.write(putGate(gate({ processorId, reason: null })));
    const found: string[] = [];
    for (let shard = 0; shard < gateShards; shard += 1) {
      const { gates, next } = await listGates(database, { hourMs: startMs, shard });
      found.push(...gates.map(({ processorId }) => processorId));
      expect(next).toBeUndefined();
    }
    expect(found.sort()).toEqual([...ids].sort());
  });
});

describe('a cohort', () => {
  it('is an owner on its own until something is stored', async () => {
    const { database } = setup();
    const org = testId('org', 1);
    expect(await getCohortOf(database, org)).toEqual(ownCohort(org));
  });

  it('is read back where its owners have been merged, and changed at its version alone', async () => {
    const { database, refused } = setup();
    const [one, two] = [testId('org', 1), testId('org', 2)];
    for (const cohort of mergedCohorts([ownCohort(one), ownCohort(two)])) {
      await database.write(putCohort(cohort));
      expect(await refused(putCohort(cohort))).toBe(true);
    }
    const merged = await getCohortOf(database, two);
    expect(merged).toMatchObject({ id: one, organisationIds: [one, two], mergedInto: null });
    await database.write(putCohort(withProcessors(merged, 300)));
    expect((await getCohorts(database, [two, one])).map(({ parts }) => parts)).toEqual([1, 2]);
  });
});

describe('days of calls', () => {
  const days = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      deviceId: `dev_${index}`,
      processorId: `prc_${index}`,
      called: 'ff'.repeat(18),
      missed: '00'.repeat(18),
    }));

  it('are read back from as many items as they need, and an empty day is one that is done', async () => {
    const { database } = setup();
    expect(await listCallDays(database, '2026-11-22', 3)).toBeUndefined();
    for (const write of putCallDays('2026-11-22', 3, [])) await database.write(write);
    expect(await listCallDays(database, '2026-11-22', 3)).toEqual([]);
    const writes = putCallDays('2026-11-22', 4, days(2_500));
    expect(writes).toHaveLength(3);
    for (const write of writes) await database.write(write);
    expect(await listCallDays(database, '2026-11-22', 4)).toEqual(days(2_500));
    // Whoever shortened another one died before its last page.
    const half = putCallDays('2026-11-22', 5, days(2_500)).slice(0, -1);
    for (const write of half) await database.write(write);
    expect(await listCallDays(database, '2026-11-22', 5)).toBeUndefined();
    for (const write of await deleteCallDays(database, '2026-11-22', 4))
      await database.write(write);
    expect(await listCallDays(database, '2026-11-22', 4)).toBeUndefined();
    expect(await listCallDays(database, '2026-11-22', 3)).toEqual([]);
  });
});

describe('the progress of the judging', () => {
  it('only goes forward', async () => {
    const { database, refused } = setup();
    expect(await getJudgedHour(database)).toBeUndefined();
    await database.write(putJudgedHour(startMs));
    expect(await refused(putJudgedHour(startMs - hourMs))).toBe(true);
    await database.write(putJudgedHour(startMs + hourMs));
    expect(await getJudgedHour(database)).toBe(startMs + hourMs);
  });
});

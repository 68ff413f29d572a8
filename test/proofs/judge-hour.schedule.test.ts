/** The judging of hours: from what is stored, once, in order, also after an outage. */

import { commit } from '../../functions/kit/transaction.ts';
import { putCluster } from '../../shared/clusters/cluster-store.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { changed } from '../../shared/devices/device.ts';
import { putDevice, transitionDevice } from '../../shared/devices/device-store.ts';
import { getCohortOf } from '../../shared/proofs/cohort-store.ts';
import { getJudgedHour } from '../../shared/proofs/judging-store.ts';
import { changedPlace, valueAt } from '../../shared/proofs/place.ts';
import { getPlace, putPlace } from '../../shared/proofs/place-store.ts';
import { changedRecord } from '../../shared/proofs/processor-record.ts';
import { putProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { aCluster, anAssignment } from '../clusters/builders.ts';
import { testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';
import { judgingSetup } from './judging.ts';

const light = { profile: 1, rollCall: false };
const oneLight = (calls: readonly { readonly profile: number; readonly rollCall: boolean }[]) =>
  calls.length === 1 && calls[0]?.profile === 1 && !calls[0].rollCall;
const none = (calls: readonly unknown[]) => calls.length === 0;

describe('judge-hour', () => {
  it('passes an hour whose call was passed', async () => {
    const { addGpu, hourWith, answerAll, judge, gateOf, recordOf, callsOf } = await judgingSetup();
    const device = await addGpu(1, { record: { judgedHourMs: null } });
    const fromMs = await hourWith(device, oneLight);
    await answerAll(device, startMs - 24 * hourMs, 24 + (fromMs - startMs) / hourMs + 1);
    await judge(fromMs);
    const [call] = await callsOf(device, fromMs);
    expect(await gateOf(device, fromMs)).toEqual({
      hourMs: fromMs,
      processorId: (await recordOf(device)).processorId,
      deviceId: device.id,
      organisationId: device.organisationId,
      reason: null,
      hired: false,
      calls: [{ ...light, atMs: call?.atMs, source: 'slot', outcome: 'passed' }],
    });
    expect(await recordOf(device)).toMatchObject({
      judgedHourMs: fromMs,
      lastCall: { atMs: call?.atMs, passed: true },
    });
  });

  it.each([
    ['missed', undefined, 'call_missed'],
    ['failed', { status: 'failed', reason: 'too_slow' }, 'call_failed'],
    ['expired', { status: 'committed' }, 'call_failed'],
  ] as const)('closes the gate of an hour whose call was %s', async (outcome, proof, reason) => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    const fromMs = await setup.hourWith(device, oneLight);
    const [call] = await setup.callsOf(device, fromMs);
    const atMs = call?.atMs ?? 0;
    await setup.answerAll(device, startMs, (fromMs - startMs) / hourMs);
    const stored = proof && (await setup.answer(device, atMs, proof));
    expect(await setup.judge(fromMs)).toMatchObject({ failed: 0 });
    expect(await setup.gateOf(device, fromMs)).toMatchObject({ reason, calls: [{ outcome }] });
    if (!stored) return;
    const ended = await getProof(setup.runtime.database, device.id, stored.id);
    const expected = outcome === 'expired' ? 'expired' : 'too_slow';
    expect(ended).toMatchObject({ status: 'failed', reason: expected });
  });

  it('waits for five minutes after the end of the hour', async () => {
    const { addGpu, judgeAt, gateOf, runtime } = await judgingSetup();
    const device = await addGpu(1);
    await judgeAt(startMs + hourMs + 5 * minuteMs - 1);
    expect(await gateOf(device, startMs)).toBeUndefined();
    expect(await getJudgedHour(runtime.database)).toBe(startMs - hourMs);
    await judgeAt(startMs + hourMs + 5 * minuteMs);
    expect(await gateOf(device, startMs)).toBeDefined();
    expect(await getJudgedHour(runtime.database)).toBe(startMs);
  });

  it('catches up with every hour of an outage, oldest first', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    await setup.answerAll(device, startMs, 10);
    await setup.judge(startMs);
    await setup.judge(startMs + 9 * hourMs);
    const steps = await setup.judgeAt(startMs + 10 * hourMs + 6 * minuteMs);
    expect(steps).toEqual({ done: 0, failed: 0 });
    for (let hour = 0; hour < 10; hour += 1) {
      const gate = await setup.gateOf(device, startMs + hour * hourMs);
      expect(gate?.calls.length).toBe(
        (await setup.callsOf(device, startMs + hour * hourMs)).length,
      );
      expect(gate?.reason).toBeNull();
    }
    expect((await setup.recordOf(device)).judgedHourMs).toBe(startMs + 9 * hourMs);
  });

  it('changes nothing when it runs again', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    await setup.judge(startMs);
    const before = JSON.stringify([
      await setup.gateOf(device, startMs),
      await setup.recordOf(device),
    ]);
    // As if the run had died before it noted how far it came.
    await setup.runtime.database.write({
      kind: 'delete',
      table: 'proofs',
      key: { pk: 'JUDGING', sk: 'JUDGING' },
      condition: {},
    });
    expect(await setup.judge(startMs)).toEqual({ done: 0, failed: 0 });
    expect(
      JSON.stringify([await setup.gateOf(device, startMs), await setup.recordOf(device)]),
    ).toBe(before);
  });

  it('judges each processor of a device by its own proof', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1, { count: 2 });
    const fromMs = await setup.hourWith(device, oneLight);
    const [call] = await setup.callsOf(device, fromMs);
    await setup.answerAll(device, startMs, (fromMs - startMs) / hourMs);
    await setup.answer(device, call?.atMs ?? 0, undefined, 1);
    await setup.judge(fromMs);
    expect((await setup.gateOf(device, fromMs, 0))?.reason).toBe('call_missed');
    expect((await setup.gateOf(device, fromMs, 1))?.reason).toBeNull();
  });

  it('judges a device that was another model meanwhile for the calls of its own', async () => {
    const setup = await judgingSetup();
    const { database } = setup.runtime;
    const device = await setup.addGpu(1);
    const fromMs = await setup.hourWith(device, (calls) => calls.some(({ rollCall }) => rollCall));
    await setup.answerAll(device, startMs, (fromMs - startMs) / hourMs);
    if (fromMs > startMs) await setup.judge(fromMs - hourMs);
    // Another model while the hour of the roll call is judged, and back for the next.
    const other = changed(device, { model: 'RTX 3060' });
    await database.write(putDevice(other));
    await setup.judge(fromMs);
    expect(await setup.gateOf(device, fromMs)).toBeUndefined();
    expect(await setup.gateOf(other, fromMs)).toBeUndefined();
    await database.write(putDevice(changed(other, { model: 'RTX 4090' })));
    await setup.judge(fromMs + hourMs);
    const gate = await setup.gateOf(device, fromMs);
    expect(gate?.reason).toBe('roll_call_missed');
    expect(gate?.calls.filter(({ rollCall }) => rollCall)).toMatchObject([{ outcome: 'missed' }]);
    expect((await setup.recordOf(device)).owesRollCall).toBe(true);
  });

  it('decides again when a challenge ends while it judges', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    const fromMs = await setup.hourWith(device, none);
    await setup.answerAll(device, startMs, (fromMs - startMs) / hourMs);
    if (fromMs > startMs) await setup.judge(fromMs - hourMs);
    const challenges = [{ atMs: fromMs + minuteMs, profile: 2, passed: false }] as const;
    const racing = putProcessorRecord(changedRecord(await setup.recordOf(device), { challenges }));
    let raced = false;
    setup.runtime.database.faultOf = (writes) => {
      if (raced || writes.length < 2) return 'none';
      raced = true;
      setup.runtime.database.write(racing).catch(() => undefined);
      return 'none';
    };
    await setup.judge(fromMs);
    expect(raced).toBe(true);
    expect((await setup.gateOf(device, fromMs))?.reason).toBe('call_failed');
  });

  it('takes places as they were when each slot opened', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    const fromMs = await setup.hourWith(device, oneLight);
    const [call] = await setup.callsOf(device, fromMs);
    await setup.answerAll(device, startMs, (fromMs - startMs) / hourMs);
    const place = await getPlace(setup.runtime.database, device.id);
    if (!place) throw new Error('no place');
    // Having seen the seed, the owner moves to a cohort that is not called: from the next hour on.
    const moved = changedPlace(place, { cohort: 'org_other' }, (call?.atMs ?? 0) + 1);
    await setup.runtime.database.write(putPlace(moved));
    await setup.judge(fromMs);
    expect((await setup.gateOf(device, fromMs))?.reason).toBe('call_missed');
  });

  it('calls a hired device for micro proofs, not in full slots, and by nothing that was refused', async () => {
    const setup = await judgingSetup();
    const { runtime } = setup;
    const device = await setup.addGpu(1);
    const fullMs = await setup.hourWith(
      device,
      (calls) => calls.length === 1 && calls[0]?.profile === 2 && !calls[0].rollCall,
    );
    const hire = async (proofConsent: boolean, number: number) => {
      const clusterId = testId('clu', number);
      const assignments = [anAssignment(1, { deviceId: device.id })];
      const cluster = aCluster({
        id: clusterId,
        organisationId: testId('org', 9),
        proofConsent,
        assignments,
      });
      const event = {
        kind: 'cluster.deployment_requested',
        status: cluster.status,
        reasonCode: cluster.reason,
        actor: 'platform',
        evidence: null,
        atMs: startMs,
      } as const;
      await commit(runtime, putCluster(cluster, event));
      await runtime.database.write({
        kind: 'update',
        table: 'devices',
        key: { pk: `DEV#${device.id}`, sk: 'DEVICE' },
        set: {
          hired_by: clusterId,
          hired_node: testId('nod', number),
          hired_at_ms: startMs,
          hired_consent: proofConsent,
        },
        condition: { exists: true },
      });
    };
    await hire(true, 1);
    await setup.judge(fullMs);
    const gate = await setup.gateOf(device, fullMs);
    expect(gate?.calls).toEqual([]);
    const micro = await setup.callsOf(device, startMs, 'micro');
    const served = await setup.gateOf(device, startMs);
    expect(served?.calls.map(({ profile }) => profile)).toEqual(micro.map(() => 0));
    expect(served?.hired).toBe(true);
    expect((await setup.recordOf(device)).hiredSinceFullPassMs).toBe(fullMs - startMs + hourMs);
    await hire(false, 2);
    await setup.judge(fullMs + hourMs);
    expect(await setup.gateOf(device, fullMs + hourMs)).toMatchObject({
      reason: 'no_consent',
      hired: false,
      calls: [],
    });
  });

  it('calls a device that its own supplier hired as if it were idle', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    const fromMs = await setup.hourWith(device, oneLight);
    const cluster = aCluster({
      id: testId('clu', 1),
      organisationId: device.organisationId,
      assignments: [anAssignment(1, { deviceId: device.id, supplierId: device.organisationId })],
    });
    const event = {
      kind: 'cluster.deployment_requested',
      status: cluster.status,
      reasonCode: cluster.reason,
      actor: 'platform',
      evidence: null,
      atMs: startMs,
    } as const;
    await commit(setup.runtime, putCluster(cluster, event));
    await setup.runtime.database.write({
      kind: 'update',
      table: 'devices',
      key: { pk: `DEV#${device.id}`, sk: 'DEVICE' },
      set: {
        hired_by: cluster.id,
        hired_node: testId('nod', 1),
        hired_at_ms: startMs,
        hired_consent: true,
      },
      condition: { exists: true },
    });
    await setup.judge(fromMs);
    expect(await setup.gateOf(device, fromMs)).toMatchObject({ calls: [light], hired: false });
  });

  it('leaves alone what does not count yet, and devices that are silent for days', async () => {
    const setup = await judgingSetup();
    const soon = await setup.addGpu(1, { record: { countsFromMs: startMs + hourMs } });
    const silent = await setup.addGpu(2, {
      device: { status: 'inactive', statusReason: 'silent_for_five_days' },
    });
    await setup.judge(startMs);
    expect(await setup.gateOf(soon, startMs)).toBeUndefined();
    expect(await setup.gateOf(silent, startMs)).toBeUndefined();
    await setup.judge(startMs + hourMs);
    expect(await setup.gateOf(soon, startMs + hourMs)).toBeDefined();
  });

  it('judges a device that is gone through its last hour, then forgets its place', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    const cause = { reason: 'terminated_by_supplier', actor: 'key_1', evidence: {} } as const;
    const { writes } = transitionDevice(device, cause, startMs + hourMs + minuteMs);
    await commit(setup.runtime, writes);
    await setup.judge(startMs + 2 * hourMs);
    expect(await getPlace(setup.runtime.database, device.id)).toBeUndefined();
    expect(await setup.gateOf(device, startMs)).toBeDefined();
    expect(await setup.gateOf(device, startMs + hourMs)).toBeDefined();
    expect(await setup.gateOf(device, startMs + 2 * hourMs)).toBeUndefined();
  });

  it('goes on with the others when one cannot be judged, and tries it again', async () => {
    const setup = await judgingSetup();
    const [one, two] = [await setup.addGpu(1), await setup.addGpu(2)];
    const failing = (await setup.recordOf(one)).processorId;
    setup.runtime.database.faultOf = (writes) =>
      writes.some(({ key }) => key.sk === failing) ? 'conflict' : 'none';
    await expect(setup.judge(startMs)).rejects.toThrow('1 devices or cohorts failed');
    expect(await setup.gateOf(two, startMs)).toBeDefined();
    expect(await getJudgedHour(setup.runtime.database)).toBeUndefined();
    const failures = setup.runtime.lines.filter(({ event }) => event === 'task.item_failed');
    expect(failures).toMatchObject([{ item: one.id }]);
    setup.runtime.database.faultOf = () => 'none';
    expect(await setup.judgeAt(startMs + hourMs + 10 * minuteMs)).toEqual({ done: 1, failed: 0 });
    expect(await setup.gateOf(one, startMs)).toBeDefined();
    expect(await getJudgedHour(setup.runtime.database)).toBe(startMs);
  });

  it('notes the hour without a device that cannot be judged for half an hour, and rings', async () => {
    const setup = await judgingSetup();
    const one = await setup.addGpu(1);
    const failing = (await setup.recordOf(one)).processorId;
    setup.runtime.database.faultOf = (writes) =>
      writes.some(({ key }) => key.sk === failing) ? 'conflict' : 'none';
    const judgeAfter = (ms: number) => setup.judgeAt(startMs + hourMs + 5 * minuteMs + ms);
    await expect(judgeAfter(30 * minuteMs - 1)).rejects.toThrow('failed');
    expect(await getJudgedHour(setup.runtime.database)).toBeUndefined();
    await expect(judgeAfter(30 * minuteMs)).rejects.toThrow('failed');
    expect(await getJudgedHour(setup.runtime.database)).toBe(startMs);
    setup.runtime.database.faultOf = () => 'none';
    expect(await setup.judge(startMs + hourMs)).toEqual({ done: 1, failed: 0 });
    expect(await setup.gateOf(one, startMs)).toBeDefined();
    expect(await setup.gateOf(one, startMs + hourMs)).toBeDefined();
  });

  it('calls nobody on a day without a key', async () => {
    const setup = await judgingSetup();
    const device = await setup.addGpu(1);
    const { database } = setup.runtime;
    for (const { pk, sk } of database.all('beacon')) {
      await database.write({ kind: 'delete', table: 'beacon', key: { pk, sk }, condition: {} });
    }
    await setup.judge(startMs + 5 * hourMs);
    expect((await setup.gateOf(device, startMs + 5 * hourMs))?.calls).toEqual([]);
  });

  it('splits a cohort of more than 256 processors from the next full hour on', async () => {
    const setup = await judgingSetup();
    const devices = [];
    for (let number = 1; number <= 17; number += 1) {
      devices.push(await setup.addGpu(number, { count: 16 }));
    }
    await setup.judge(startMs);
    const [first] = devices;
    if (!first) throw new Error('no device');
    const cohort = await getCohortOf(setup.runtime.database, first.organisationId);
    expect(cohort).toMatchObject({ parts: 2, mergedInto: null });
    for (const device of devices) {
      const place = await getPlace(setup.runtime.database, device.id);
      if (!place) throw new Error('no place');
      expect(valueAt(place.value, startMs + 2 * hourMs - 1).parts).toBe(1);
      expect(valueAt(place.value, startMs + 2 * hourMs).parts).toBe(2);
    }
  });
});

/** GET /v1/agent/proof-assignment: what an agent needs to answer the slots of an hour by itself. */
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { changed } from '../../shared/devices/device.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { changedRecord } from '../../shared/proofs/processor-record.ts';
import {
  getProcessorRecord,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { toHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../shared/proofs/protocol/claim.ts';
import { signBytes } from '../../shared/proofs/protocol/ed25519.ts';
import { paramsHashOf } from '../../shared/proofs/protocol/parameters.ts';
import { testId } from '../devices/builders.ts';
import { calledLight, calledMachine, nextSlot, slotLoad } from './called.ts';
import { makeCluster } from './hires.ts';
import { commitBody, type Machine, proofsService } from './service.ts';

const path = '/v1/agent/proof-assignment';

describe('getProofAssignment', () => {
  it('200: place, rates, and the work of every profile', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    service.runtime.clock.ms += 7 * minuteMs;
    const { status, body } = await service.send(machine, 'GET', path);
    expect(status).toBe(200);
    const workOf = (profile: 0 | 1 | 2) => {
      const { params } = slotLoad(machine, profile, service.runtime.clock.ms);
      return { params, params_hash: toHex(paramsHashOf(params)) };
    };
    expect(body).toEqual({
      period_minutes: 10,
      hour: '2026-11-22T12:00:00.000Z',
      hired: null,
      cohort: machine.device.organisationId,
      group: 'net:203.0.113.0/24',
      parts: 1,
      one_in: 6,
      full_one_in: 24,
      roll_one_in: 144,
      processors: [
        {
          processor_id: machine.processor.id,
          gpu_index: 0,
          model: 'RTX 4090',
          claim: machine.processor.claim,
          claim_hash: toHex(claimHashOf(machine.processor.claim)),
          profiles: { micro: workOf(0), light: workOf(1), full: workOf(2) },
        },
      ],
      server_time_ms: service.runtime.clock.ms,
    });
  });

  it('200: no work for a processor that does not count in this hour', async () => {
    const service = await proofsService();
    const none = { micro: null, light: null, full: null };
    const fresh = await service.addMachine(2);
    const { body } = await service.send(fresh, 'GET', path);
    expect(body.processors).toMatchObject([{ gpu_index: null, profiles: none }]);
    const machine = await calledMachine(service);
    const { database, clock } = service.runtime;
    const record = await getProcessorRecord(database, machine.device.id, machine.processor.id);
    if (!record) throw new Error('no record');
    const countsFromMs = clock.ms + hourMs;
    await database.write(putProcessorRecord(changedRecord(record, { countsFromMs })));
    expect((await service.send(machine, 'GET', path)).body.processors[0].profiles).toEqual(none);
    clock.ms += hourMs;
    expect(
      (await service.send(machine, 'GET', path)).body.processors[0].profiles.light,
    ).not.toBeNull();
  });

  it('200: a device that moved is somewhere else from the next full hour on', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    service.runtime.clock.ms += minuteMs;
    const group = async (sourceIp: string) =>
      (await service.send(machine, 'GET', path, undefined, { sourceIp })).body.group;
    expect(await group('203.0.113.7')).toBe('net:203.0.113.0/24');
    expect(await group('198.51.100.20')).toBe('net:203.0.113.0/24');
    service.runtime.clock.ms += hourMs;
    expect(await group('198.51.100.99')).toBe('net:198.51.100.0/24');
  });

  it.each([
    ['a paying customer', false, true, 'micro'],
    ['its own supplier', true, true, 'idle'],
    ['a customer who refused proofs', false, false, 'no_consent'],
  ] as const)('200: says as what %s has hired it', async (_, isOwn, hiredConsent, expected) => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { device } = machine;
    const customer = isOwn ? { organisationId: device.organisationId } : {};
    const hiredBy = await makeCluster(service, machine, customer);
    const { clock, database } = service.runtime;
    const hire = { hiredBy, hiredNode: testId('nod', 1), hiredAtMs: clock.ms, hiredConsent };
    await database.write(putDevice(changed(device, hire)));
    expect((await service.send(machine, 'GET', path)).body.hired).toBe(expected);
  });

  it('200: in the last seconds of an hour it is that of the next', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { clock } = service.runtime;
    await service.send(machine, 'GET', path);
    const nextMs = Math.ceil((clock.ms + 1) / hourMs) * hourMs;
    clock.ms = nextMs - 5_001;
    const moved = { sourceIp: '198.51.100.20' };
    const before = (await service.send(machine, 'GET', path, undefined, moved)).body;
    clock.ms += 1;
    const after = (await service.send(machine, 'GET', path, undefined, moved)).body;
    expect([Date.parse(before.hour), before.group]).toEqual([
      nextMs - hourMs,
      'net:203.0.113.0/24',
    ]);
    expect([Date.parse(after.hour), after.group]).toEqual([nextMs, 'net:198.51.100.0/24']);
  });

  it('401: only the device itself', async () => {
    const { ask, call } = await proofsService();
    for (const answer of [await ask(path), await call({ method: 'GET', path })]) {
      expect([answer.status, answer.body.code]).toEqual([401, 'device.signature_invalid']);
    }
  });

  it('is enough: who follows it commits without being corrected', async () => {
    const service = await proofsService();
    const machine: Machine = await calledMachine(service);
    const { body } = await service.send(machine, 'GET', path);
    const { cohort, group, parts } = body;
    const standing = { place: { cohort, group, parts }, model: 'RTX 4090', hired: null };
    const { slot } = await nextSlot(service, standing, calledLight);
    const fresh = (await service.send(machine, 'GET', path)).body;
    const { params } = fresh.processors[0].profiles.light;
    const h1 = new Uint8Array(32).fill(7);
    const committed = { h1, h1Signature: signBytes(machine.key.keySeed, h1) };
    service.runtime.clock.ms += 4_000;
    const answer = await service.send(
      machine,
      'POST',
      '/v1/proofs',
      commitBody(machine, { slot }, params, committed),
    );
    expect(answer.status).toBe(200);
  });
});

/** What a supplier does with devices, through the whole pipeline. */
import { hourMs, isoOf, minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice, listOfferedDevices, reserveDevice } from '../../shared/devices/device-store.ts';
import { firstPresence, heard } from '../../shared/devices/presence.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { startMs } from '../support/runtime.ts';
import { aDevice, addDevice, devicesSetup, hired, testId } from './builders.ts';

const deviceId = testId('dev', 1);
const path = `/v1/devices/${deviceId}`;

/** The function, and one device of the caller's organisation. */
const setup = async (changes: Partial<Device> = {}) => {
  const base = await devicesSetup();
  const { runtime, organisationId } = base;
  await addDevice(runtime, aDevice(1, { organisationId, ...changes }));
  const current = async (): Promise<Device> => {
    const device = await getDevice(runtime.database, deviceId);
    if (!device) throw new Error('the device is not there');
    return device;
  };
  return { ...base, current };
};

describe('GET /v1/devices', () => {
  it('200: lists the own devices with readiness and presence', async () => {
    const { call, runtime, organisationId, stranger } = await setup();
    const seen = heard(firstPresence('a', startMs - 5 * minuteMs), startMs);
    await addDevice(runtime, aDevice(2, { organisationId, rayTestedAtMs: null }), seen);
    await addDevice(runtime, aDevice(3, { organisationId: testId('org', 7) }));
    const { status, body } = await call({ method: 'GET', path: '/v1/devices' });
    expect(status).toBe(200);
    expect(body.data).toMatchObject([
      {
        id: testId('dev', 2),
        readiness: 'pending',
        presence: { last_seen_at: isoOf(startMs), minutes_up_last_hour: 5 },
      },
      { id: deviceId, readiness: 'cluster_ready' },
    ]);
    const page = await call({ method: 'GET', path: '/v1/devices', query: { limit: '1' } });
    expect(page.body).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
    const other = await call({ method: 'GET', path: '/v1/devices', key: stranger });
    expect(other.body.data).toEqual([]);
  });
});

describe('GET /v1/devices/{device_id}', () => {
  it('200: shows everything that its supplier may know, and no cluster', async () => {
    const { call } = await setup(hired);
    const { status, body } = await call({ method: 'GET', path });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: deviceId,
      object: 'device',
      status: 'up',
      status_reason: 'registered',
      readiness: 'hired',
      model: 'x86-64 CPU',
      hardware: { cpu: { cores: 4 } },
    });
    expect(JSON.stringify(body)).not.toContain('clu_');
  });
});

describe('PATCH /v1/devices/{device_id}', () => {
  const rename = { method: 'PATCH', path, body: { name: 'attic' } };

  it('200: renames, with an event; the same name again changes nothing', async () => {
    const { call, current } = await setup();
    expect((await call(rename)).body.name).toBe('attic');
    await call(rename);
    expect((await current()).version).toBe(2);
    const { body } = await call({ method: 'GET', path: `${path}/events` });
    expect(body.data).toMatchObject([
      { kind: 'device.renamed', evidence: { old_name: 'device 1', new_name: 'attic' } },
    ]);
  });

  it('200: comes after a change that came between', async () => {
    const { call, runtime, current } = await setup();
    const device = await current();
    const hire = {
      clusterId: testId('clu', 1),
      nodeId: testId('nod', 1),
      sinceMs: startMs,
      proofConsent: true,
    };
    let raced = false;
    // The rename is the first write of two items; the hire slips in before it.
    runtime.database.faultOf = (writes) => {
      if (raced || writes.length !== 2) return 'none';
      raced = true;
      runtime.database.write(reserveDevice(device, hire)).catch(() => undefined);
      return 'none';
    };
    expect((await call(rename)).status).toBe(200);
    expect(await current()).toMatchObject({ name: 'attic', hiredBy: testId('clu', 1), version: 3 });
  });

  it.each([[{ name: '' }], [{ name: 'a', status: 'up' }], [{}]])(
    '400: refuses %j',
    async (body) => {
      const { call, current } = await setup();
      const answer = await call({ ...rename, body });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
      expect((await current()).version).toBe(1);
    },
  );

  it('503: contention that does not end', async () => {
    const { call, runtime } = await setup();
    runtime.database.faultOf = (writes) => (writes.length === 2 ? 'conflict' : 'none');
    expect((await call(rename)).status).toBe(503);
  });
});

describe('POST /v1/devices/{device_id}/pause and /v1/devices/{device_id}/resume', () => {
  const pause = { method: 'POST', path: `${path}/pause` };
  const resume = { method: 'POST', path: `${path}/resume` };

  it('200: takes it out of the offers and back; each again is the same answer', async () => {
    const { call, runtime } = await setup();
    const offers = async () =>
      (await listOfferedDevices(runtime.database, 'x86-64 CPU', startMs)).length;
    expect((await call(pause)).body).toMatchObject({
      status: 'paused',
      readiness: 'not_reward_ready',
    });
    expect((await call(pause)).body.status).toBe('paused');
    expect(await offers()).toBe(0);
    expect((await call(resume)).body).toMatchObject({ status: 'up', readiness: 'cluster_ready' });
    expect((await call(resume)).body.status).toBe('up');
    expect(await offers()).toBe(1);
  });

  it('200: a pause leaves a hired device to its cluster', async () => {
    const { call, current } = await setup(hired);
    expect((await call(pause)).body.readiness).toBe('hired');
    expect(await current()).toMatchObject({ status: 'paused', hiredBy: hired.hiredBy });
  });

  it('409: of a device that ended', async () => {
    const { call } = await setup({ status: 'terminated' });
    for (const request of [pause, resume]) {
      const answer = await call(request);
      expect([answer.status, answer.body.code]).toEqual([409, 'device.wrong_status']);
    }
  });
});

describe('POST /v1/devices/{device_id}/terminate', () => {
  const terminate = { method: 'POST', path: `${path}/terminate` };

  it('200: ends it for good; again is the same answer', async () => {
    const { call, runtime } = await setup();
    expect((await call(terminate)).body).toMatchObject({ status: 'terminated' });
    expect((await call(terminate)).status).toBe(200);
    expect(await listOfferedDevices(runtime.database, 'x86-64 CPU', startMs)).toEqual([]);
    expect(await getPresence(runtime.database, deviceId)).toBeUndefined();
    const { body } = await call({ method: 'GET', path: `${path}/events` });
    expect(body.data).toMatchObject([{ to: 'terminated', actor: expect.stringMatching(/^key_/) }]);
  });

  it('409: while a cluster has it', async () => {
    const { call, current } = await setup(hired);
    const answer = await call(terminate);
    expect([answer.status, answer.body.code]).toEqual([409, 'device.hired']);
    expect((await current()).version).toBe(1);
  });
});

describe('GET /v1/devices/{device_id}/readiness', () => {
  it('200: says what is missing and what to do', async () => {
    const { call } = await setup({ rayTestedAtMs: startMs - 24 * hourMs });
    const { status, body } = await call({ method: 'GET', path: `${path}/readiness` });
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'readiness', device_id: deviceId, state: 'pending' });
    expect(body.checklist).toContainEqual({
      check: 'ray_test',
      required: expect.any(String),
      actual: `passed ${isoOf(startMs - 24 * hourMs)}`,
      passed: false,
      remedy: expect.any(String),
    });
  });
});

describe('GET /v1/devices/{device_id}/events', () => {
  it('200: newest first, page by page', async () => {
    const { call } = await setup();
    await call({ method: 'POST', path: `${path}/pause` });
    await call({ method: 'POST', path: `${path}/resume` });
    const events = { method: 'GET', path: `${path}/events` };
    const first = await call({ ...events, query: { limit: '1' } });
    expect(first.body).toMatchObject({ data: [{ sequence: 3, to: 'up' }], has_more: true });
    const query = { limit: '1', cursor: first.body.next_cursor };
    expect((await call({ ...events, query })).body.data).toMatchObject([{ sequence: 2 }]);
  });
});

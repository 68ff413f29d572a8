/** PUT /v1/agent/hardware: another machine verifies itself anew, an updated one only says so. */
import { deviceAgentRoutes } from '../../functions/devices/agent-routes.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { present } from '../../shared/core/assert.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { callHttp } from '../support/http.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, hardware, hired, machineKey, signed, testId } from './builders.ts';

const gpu = {
  name: 'NVIDIA GeForce RTX 4090',
  uuid: 'GPU-a',
  memory_mib: 24_564,
  driver_version: '550.90',
};
const withGpu = { ...hardware, gpus: [gpu] };

const setup = async (changes: Partial<Device> = {}) => {
  const runtime = testRuntime();
  const key = machineKey();
  const device = await addDevice(runtime, aDevice(1, { publicKey: key.publicKey, ...changes }));
  const serve = httpFunction(runtime, deviceAgentRoutes, { keyMode: 'test' });
  let nonces = 0;
  const report = (body: object, headers?: Record<string, string>) => {
    nonces += 1;
    const request = {
      method: 'PUT',
      path: '/v1/agent/hardware',
      body: JSON.stringify({ agent_version: '0.1.0', ...body }),
    };
    const at = { nowMs: runtime.clock.ms, nonce: `nonce-of-the-test-${nonces}` };
    return callHttp(serve, {
      ...request,
      rawBody: request.body,
      headers: headers ?? signed(key, device.id, request, at),
    });
  };
  const stored = async () => present(await getDevice(runtime.database, device.id), 'no device');
  return { runtime, device, report, stored };
};

describe('PUT /v1/agent/hardware', () => {
  it('200: the same hardware changes nothing, free disk or not', async () => {
    const { device, report, stored } = await setup();
    const answer = await report({ hardware: { ...hardware, disk_free_mib: 5 } });
    expect(answer).toMatchObject({ status: 200, body: { verified_anew: false } });
    expect(await stored()).toEqual(device);
  });

  it('200: notes a new driver and a new agent, and what was shown still counts', async () => {
    const { device, report, stored } = await setup({ hardware: withGpu });
    const updated = { ...withGpu, gpus: [{ ...gpu, driver_version: '570.1' }] };
    await report({ hardware: updated, agent_version: '0.2.0' });
    expect(await stored()).toEqual({
      ...device,
      hardware: updated,
      agentVersion: '0.2.0',
      version: device.version + 1,
    });
  });

  it.each([
    ['a GPU more', withGpu],
    ['another CPU', { ...hardware, cpu: { ...hardware.cpu, name: 'AMD EPYC 7543' } }],
    ['fewer cores', { ...hardware, cpu: { ...hardware.cpu, cores: 2 } }],
    ['less memory', { ...hardware, memory_mib: 4096 }],
  ])('200: %s makes it another machine, which has shown nothing', async (_, reported) => {
    const { report, stored } = await setup();
    const answer = await report({ hardware: reported });
    expect(answer).toMatchObject({ status: 200, body: { verified_anew: true } });
    expect(await stored()).toMatchObject({
      hardware: reported,
      cpus: reported.cpu.cores,
      provedAtMs: null,
      provedGops: null,
      verifyFromMs: startMs,
      rayTestedAtMs: null,
      rayTestPassed: false,
    });
    // Told again, it is the machine that it is.
    expect((await report({ hardware: reported })).body).toEqual({ verified_anew: false });
  });

  it('200: offers the machine as what it is now, and its event says from what to what', async () => {
    const { runtime, device, report, stored } = await setup();
    await report({ hardware: { ...hardware, gpus: [gpu, { ...gpu, uuid: 'GPU-b' }] } });
    expect(await stored()).toMatchObject({
      model: 'RTX 4090',
      processorKind: 'gpu',
      processorCount: 2,
      gpuIndexes: [0, 1],
    });
    const { events } = await listDeviceEvents(runtime.database, device.id, { limit: 5 });
    expect(events).toMatchObject([
      {
        kind: 'device.hardware_changed',
        reason: 'hardware_changed',
        evidence: { model: 'RTX 4090', processors: 2, model_before: 'x86-64 CPU' },
      },
    ]);
  });

  it('200: another GPU of the same model is another machine too, and the reverse of it', async () => {
    const { report, stored } = await setup({
      hardware: withGpu,
      model: 'RTX 4090',
      processorKind: 'gpu',
      gpuIndexes: [0],
    });
    await report({ hardware: { ...withGpu, gpus: [{ ...gpu, uuid: 'GPU-b' }] } });
    expect((await stored()).provedAtMs).toBeNull();
    await report({ hardware });
    expect(await stored()).toMatchObject({ model: 'x86-64 CPU', gpuIndexes: [] });
  });

  it.each([
    ['no hardware', {}],
    ['hardware of no machine', { hardware: { ...hardware, memory_mib: 0 } }],
    ['a field that there is not', { hardware, more: 1 }],
  ])('400 for %s', async (_, body) => {
    const { device, report, stored } = await setup();
    expect(await report(body)).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
    expect(await stored()).toEqual(device);
  });

  it('401 unsigned', async () => {
    const { report } = await setup();
    expect(await report({ hardware }, {})).toMatchObject({
      status: 401,
      body: { code: 'device.signature_invalid' },
    });
  });

  it('403 while it is blocked', async () => {
    const { report } = await setup({ status: 'blocked', statusReason: 'key_in_use_twice' });
    expect(await report({ hardware: withGpu })).toMatchObject({
      status: 403,
      body: { code: 'device.blocked' },
    });
  });

  it('409 for another machine while a cluster has the device', async () => {
    const { device, report, stored } = await setup(hired);
    expect(await report({ hardware: withGpu })).toMatchObject({
      status: 409,
      body: { code: 'device.hired' },
    });
    expect(await stored()).toEqual(device);
    expect((await report({ hardware })).status).toBe(200);
  });

  it('is decided again when the device was hired in between', async () => {
    const { runtime, device, report, stored } = await setup();
    const { database } = runtime;
    let hire: Promise<unknown> | undefined;
    database.faultOf = (writes) => {
      if (!writes.some(({ key }) => key.sk === 'DEVICE')) return 'none';
      database.faultOf = () => 'none';
      hire = database.write(putDevice(changed(device, { ...hired, hiredNode: testId('nod', 1) })));
      return 'conflict';
    };
    const answer = await report({ hardware: withGpu });
    await hire;
    expect(answer).toMatchObject({ status: 409, body: { code: 'device.hired' } });
    expect((await stored()).hardware).toEqual(hardware);
  });
});

/** GET /v1/offers, through the whole pipeline. */
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aCpuDevice, aDevice, deviceId, marketSetup, siteId } from './builders.ts';

const request = { method: 'GET', path: '/v1/offers' };

/** Two RTX 4090 and one with four of them at one site, one T4 at another, a CPU. */
const devices = [
  aDevice(1),
  aDevice(2, { cpus: 8, connectivityTier: 1 }),
  aDevice(3, { processorCount: 4 }),
  aDevice(4, { model: 'T4', siteId: siteId(2), region: 'us-east' }),
  aCpuDevice(5),
];

const modelsOf = (body: { data: { model: string }[] }) => body.data.map(({ model }) => model);

describe('GET /v1/offers', () => {
  it('200: sums up what one cluster can have together', async () => {
    const { call, addDevices } = await marketSetup();
    await addDevices(devices);
    const { status, body } = await call(request);
    expect(status).toBe(200);
    expect(modelsOf(body)).toEqual(['RTX 4090', 'T4', 'x86-64 CPU']);
    expect(body.data[0]).toEqual({
      object: 'offer',
      model: 'RTX 4090',
      region: 'eu-west',
      site_id: siteId(1),
      devices: 3,
      available_processors: 6,
      processors_per_device: [1, 4],
      price_per_hour: { amount: '390000', currency: 'usd' },
      cpus_per_device_min: 8,
      memory_mib_per_device_min: 65_536,
      ray_version: '2.60.0',
      python_version: '3.12',
      isolation: 'process',
      connectivity_tier_min: 1,
    });
  });

  it.each([
    [{ model: 'T4' }, ['T4']],
    [{ region: 'us-east' }, ['T4']],
    [{ max_price: '149999' }, ['x86-64 CPU']],
    [{ min_count: '6' }, ['RTX 4090']],
    [{ min_tier: '1', min_count: '6' }, ['RTX 4090']],
    // The device in class 1 is left out, and five are left.
    [{ min_tier: '2', min_count: '6' }, []],
    [{ min_tier: '3' }, []],
    [{ model: 'L4' }, []],
  ])('200: filters by %j', async (query, models) => {
    const { call, addDevices } = await marketSetup();
    await addDevices(devices);
    expect(modelsOf((await call({ ...request, query })).body)).toEqual(models);
  });

  it("200: shows the supplier's own price", async () => {
    const { call, addDevices } = await marketSetup();
    await addDevices(devices);
    const price = { model: 'T4', price_per_hour: { amount: '123000', currency: 'usd' } };
    await call({ method: 'PUT', path: '/v1/prices', body: price });
    const { body } = await call({ ...request, query: { model: 'T4' } });
    expect(body.data[0].price_per_hour.amount).toBe('123000');
  });

  it('200: leaves out what is hired, down, untested or tested too long ago', async () => {
    const { call, addDevices, runtime } = await marketSetup();
    await addDevices([
      aDevice(1, { status: 'down', statusReason: 'heartbeat_lost' }),
      aDevice(2, { rayTestPassed: false }),
      aDevice(3, {
        hiredBy: 'clu_00000000000000000000000001',
        hiredNode: 'nod_00000000000000000000000001',
        hiredAtMs: startMs,
        hiredConsent: true,
      }),
      aDevice(4),
    ]);
    expect((await call(request)).body.data[0].devices).toBe(1);
    runtime.clock.ms += 24 * 3_600_000;
    expect((await call(request)).body.data).toEqual([]);
  });

  it('200: shows strangers no device that keeps processes apart by nothing', async () => {
    const { call, addDevices, runtime } = await marketSetup();
    await addDevices(devices);
    const key = await makeKey(runtime, await makeOrganisation(runtime, 'Stranger'));
    expect((await call({ ...request, key })).body.data).toEqual([]);
  });

  it('200: on one machine shows them to everybody, with no id of device, site or supplier', async () => {
    const runtime = { ...testRuntime(), stage: 'local' };
    const { call, addDevices, organisationId } = await marketSetup(runtime);
    await addDevices(devices);
    const key = await makeKey(runtime, await makeOrganisation(runtime, 'Stranger'));
    const { body } = await call({ ...request, key });
    expect(modelsOf(body)).toEqual(['RTX 4090', 'T4', 'x86-64 CPU']);
    const text = JSON.stringify(body);
    for (const id of [organisationId, siteId(1), deviceId(1), 'public1']) {
      expect(text).not.toContain(id);
    }
  });

  it.each([
    { region: 'mars' },
    { max_price: '0.5' },
    { min_count: '0' },
    { min_count: 'many' },
    { min_tier: '5' },
    { min_tier: '0.5' },
    { colour: 'green' },
  ])('400: refuses %j', async (query) => {
    const { call } = await marketSetup();
    const { status, body } = await call({ ...request, query });
    expect([status, body.code]).toEqual([400, 'request.malformed']);
  });

  it('401: refuses a request without a key', async () => {
    const { callWithoutKey } = await marketSetup();
    expect((await callWithoutKey(request)).status).toBe(401);
  });

  it('403: refuses a key without market:read', async () => {
    const { call, runtime, organisationId } = await marketSetup();
    const key = await makeKey(runtime, organisationId, 'billing');
    expect((await call({ ...request, key })).body.code).toBe('identity.forbidden');
  });

  it('422: refuses a model that the catalogue does not have', async () => {
    const { call } = await marketSetup();
    const { status, body } = await call({ ...request, query: { model: 'RTX 9999' } });
    expect([status, body.code]).toEqual([422, 'market.unknown_model']);
  });
});

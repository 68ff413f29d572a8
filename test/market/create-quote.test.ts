/** POST /v1/quotes, through the whole pipeline. */
import { getQuote } from '../../shared/market/quote-store.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { startMs } from '../support/runtime.ts';
import { aCpuDevice, aDevice, deviceId, marketSetup, siteId } from './builders.ts';

const order = { items: [{ model: 'RTX 4090', count: 2 }], head: 'own', hours: 3 };
const request = (body: unknown = order) => ({ method: 'POST', path: '/v1/quotes', body });

const usd = (amount: string) => ({ amount, currency: 'usd' });

/** The market with two RTX 4090 and a CPU at one site. */
const stockedSetup = async () => {
  const setup = await marketSetup();
  await setup.addDevices([aDevice(1), aDevice(2), aCpuDevice(3)]);
  return setup;
};

describe('POST /v1/quotes', () => {
  it('201: prices every line and stores the quote for 15 minutes', async () => {
    const { call, runtime, organisationId } = await stockedSetup();
    const { status, body } = await call(request());
    expect(status).toBe(201);
    expect(body).toMatchObject({
      object: 'quote',
      status: 'open',
      created_at: '2026-11-22T12:00:00.000Z',
      expires_at: '2026-11-22T12:15:00.000Z',
      cluster_id: null,
      items: order.items,
      head: 'own',
      hours: 3,
      proof_consent: true,
      region: 'eu-west',
      ray_version: '2.60.0',
      python_version: '3.12',
      price_per_hour: usd('840000'),
      total: usd('2520000'),
      hold: usd('2520000'),
    });
    const gpu = { model: 'RTX 4090', processors: 1, price_per_hour: usd('390000') };
    const cpu = { model: 'x86-64 CPU', processors: 1, price_per_hour: usd('60000') };
    expect(body.lines).toEqual([
      { line_id: 'line_1', role: 'head', ...cpu, amount: usd('180000') },
      { line_id: 'line_2', role: 'worker', ...gpu, amount: usd('1170000') },
      { line_id: 'line_3', role: 'worker', ...gpu, amount: usd('1170000') },
    ]);
    const stored = await getQuote(runtime.database, body.id);
    expect(stored).toMatchObject({ organisationId, clusterId: null, createdAtMs: startMs });
    expect(stored?.lines.map(({ schedulable }) => schedulable)).toEqual([false, true, true]);
  });

  it('201: names no device, site or supplier', async () => {
    const { call, organisationId } = await stockedSetup();
    const text = JSON.stringify((await call(request())).body);
    for (const id of [organisationId, siteId(1), deviceId(1)]) expect(text).not.toContain(id);
  });

  it("201: uses the supplier's price of the moment, and keeps it", async () => {
    const { call, runtime } = await stockedSetup();
    const price = { model: 'RTX 4090', price_per_hour: usd('500000') };
    const first = (await call(request())).body;
    await call({ method: 'PUT', path: '/v1/prices', body: price });
    expect((await call(request())).body.price_per_hour).toEqual(usd('1060000'));
    expect((await getQuote(runtime.database, first.id))?.unitsPerHour).toBe(840_000n);
  });

  it('201: keeps every filter of the order for the cluster to be made', async () => {
    const { call, runtime } = await stockedSetup();
    const full = {
      ...order,
      regions: ['eu-west', 'us-east'],
      site: siteId(1),
      isolation_min: 'process',
      tier_min: 2,
      image: { ray: '2.60.0', python: '3.12' },
      max_price: usd('840000'),
      proof_consent: false,
    };
    const { status, body } = await call(request(full));
    expect(status).toBe(201);
    expect(body.proof_consent).toBe(false);
    const stored = await getQuote(runtime.database, body.id);
    expect(stored?.order).toMatchObject({
      regions: ['eu-west', 'us-east'],
      siteId: siteId(1),
      tierMin: 2,
      image: { ray: '2.60.0', python: '3.12' },
      unitsPerHourMax: 840_000n,
    });
  });

  it('201: repeated with its Idempotency-Key answers the same quote and makes no second one', async () => {
    const { call, runtime } = await stockedSetup();
    const headers = { 'idempotency-key': 'quote-me-once' };
    const first = await call({ ...request(), headers });
    const again = await call({ ...request(), headers });
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(runtime.database.all('market')).toHaveLength(1);
  });

  it('201: survives a lost answer of the database', async () => {
    const { call, runtime } = await stockedSetup();
    let lost = 0;
    runtime.database.faultOf = (writes) => {
      if (writes[0]?.table !== 'market' || lost > 0) return 'none';
      lost += 1;
      return 'lost_answer';
    };
    expect((await call(request())).status).toBe(201);
    expect(runtime.database.all('market')).toHaveLength(1);
  });

  it.each([
    [{ ...order, items: [] }, '/items'],
    [{ ...order, items: [...order.items, ...order.items] }, '/items'],
    [{ ...order, items: [{ model: 'T4', count: 0 }] }, '/items/0/count'],
    [{ ...order, items: [{ model: 'T4', count: 1.5 }] }, '/items/0/count'],
    [{ ...order, hours: 0 }, '/hours'],
    [{ ...order, hours: 8761 }, '/hours'],
    [{ ...order, head: 'none' }, '/head'],
    [{ ...order, regions: ['mars'] }, '/regions/0'],
    [{ ...order, site: 'home' }, '/site'],
    [{ ...order, image: { ray: 'latest' } }, '/image/ray'],
    [{ ...order, tier_min: 5 }, '/tier_min'],
    [{ ...order, tier_min: '2' }, '/tier_min'],
    [{ ...order, max_price: usd('0') }, '/max_price/amount'],
    [{ ...order, discount: 5 }, '/discount'],
  ])('400: refuses %j, points at %s and changes nothing', async (body, pointer) => {
    const { call, runtime } = await stockedSetup();
    const answer = await call(request(body));
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    expect(answer.body.errors[0].pointer).toBe(pointer);
    expect(runtime.database.all('market')).toEqual([]);
  });

  it('401: refuses a request without a key', async () => {
    const { callWithoutKey } = await stockedSetup();
    expect((await callWithoutKey(request())).status).toBe(401);
  });

  it('403: refuses a key without quotes:write', async () => {
    const { call, runtime, organisationId } = await stockedSetup();
    const key = await makeKey(runtime, organisationId, 'billing');
    const { status, body } = await call({ ...request(), key });
    expect([status, body.required_scope]).toEqual([403, 'quotes:write']);
  });

  it('409: says what is free when the order is not', async () => {
    const { call, runtime } = await stockedSetup();
    const items = [{ model: 'RTX 4090', count: 3 }];
    const { status, body } = await call(request({ ...order, items }));
    expect([status, body.code, body.reason]).toEqual([409, 'market.no_capacity', 'capacity']);
    expect(body.suggestion).toBe('2 x RTX 4090 are free in eu-west: ask for 2.');
    expect(body.free).toEqual([{ model: 'RTX 4090', region: 'eu-west', processors: 2 }]);
    expect(runtime.database.all('market')).toEqual([]);
  });

  it('409: names the speed class that there is when the order asks for a faster one', async () => {
    const { call } = await stockedSetup();
    const { status, body } = await call(request({ ...order, tier_min: 3 }));
    expect([status, body.code, body.reason]).toEqual([409, 'market.no_capacity', 'capacity']);
    expect(body.suggestion).toBe('2 x RTX 4090 are free in speed class 2: lower tier_min.');
    expect(body.free).toEqual([]);
  });

  it('409: says what it costs when that is more than the limit', async () => {
    const { call } = await stockedSetup();
    const { status, body } = await call(request({ ...order, max_price: usd('839999') }));
    expect([status, body.reason]).toEqual([409, 'price']);
    expect(body.suggestion).toContain('$0.84 per hour');
  });

  it("409: answers for a stranger's site as for one that does not exist", async () => {
    const { call, runtime } = await stockedSetup();
    const key = await makeKey(runtime, await makeOrganisation(runtime, 'Stranger'));
    const answers = [];
    for (const site of [siteId(1), siteId(99)]) {
      const { request_id: _, ...body } = (await call({ ...request({ ...order, site }), key })).body;
      answers.push(body);
    }
    expect(answers[0].code).toBe('market.no_capacity');
    expect(answers[0]).toEqual(answers[1]);
  });

  it('422: refuses a model that the catalogue does not have', async () => {
    const { call } = await stockedSetup();
    const items = [{ model: 'RTX 9999', count: 1 }];
    const { status, body } = await call(request({ ...order, items }));
    expect([status, body.code]).toEqual([422, 'market.unknown_model']);
    expect(body.errors[0].pointer).toBe('/items/0/model');
  });

  it.each([
    { ...order, items: [{ model: 'x86-64 CPU', count: 64 }] },
    { ...order, head: 'shared', items: [{ model: 'RTX 4090', count: 1025 }] },
  ])('422: refuses %j, which no 64 devices can make up', async (body) => {
    const { call } = await stockedSetup();
    const answer = await call(request(body));
    expect([answer.status, answer.body.code]).toEqual([422, 'market.too_many_devices']);
  });

  it('422: refuses an Idempotency-Key that was used for another order', async () => {
    const { call } = await stockedSetup();
    const headers = { 'idempotency-key': 'quote-me-once' };
    await call({ ...request(), headers });
    const { status, body } = await call({ ...request({ ...order, hours: 4 }), headers });
    expect([status, body.code]).toEqual([422, 'request.idempotency_key_reused']);
  });

  it('503: says so when contention does not end', async () => {
    const { call, runtime } = await stockedSetup();
    runtime.database.faultOf = (writes) => (writes[0]?.table === 'market' ? 'conflict' : 'none');
    expect((await call(request())).status).toBe(503);
    expect(runtime.database.all('market')).toEqual([]);
  });
});

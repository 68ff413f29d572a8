/** POST /v1/clusters (createCluster): one case per answer, and nothing changed by a refusal. */
import { noteTie } from '../../functions/identity/note-tie.ts';
import { reserveDevice } from '../../shared/devices/device-store.ts';
import { quoteLifetimeMs } from '../../shared/market/quote.ts';
import { model, rateUnits, setup } from './fixture.ts';

const path = '/v1/clusters';
const method = 'POST';
const someQuote = 'quo_00000000000000000000000001';
const usd = (amount: bigint) => ({ amount: String(amount), currency: 'usd' });

describe('201', () => {
  it('makes the cluster, reserves its devices and takes the hold at once', async () => {
    const platform = await setup();
    const quoteId = await platform.quote(2, { hours: 3 });
    const answer = await platform.create(quoteId, { body: { quote_id: quoteId, name: 'mine' } });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        object: 'cluster',
        name: 'mine',
        status: 'deployment_requested',
        status_reason: 'customer_request',
        quote_id: quoteId,
        hours: 3,
        lines: [
          { role: 'head', model, processors: 1, price_per_hour: usd(rateUnits) },
          { role: 'worker', model, processors: 1, price_per_hour: usd(rateUnits) },
        ],
        progress: { nodes_alive: 0, nodes_ordered: 2 },
        cost: usd(0n),
        running_at: null,
        paid_until: null,
      },
    });
    expect(JSON.stringify(answer.body)).not.toContain('dev_');
    const cluster = await platform.cluster(answer.body.id);
    for (const { deviceId, nodeId } of cluster.assignments) {
      expect(await platform.device(deviceId)).toMatchObject({
        hiredBy: cluster.id,
        hiredNode: nodeId,
        status: 'up',
      });
    }
    expect((await platform.hold(cluster.id)).amount).toBe(rateUnits * 6n);
    expect(await platform.balances()).toMatchObject({ held: usd(rateUnits * 6n) });
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('answers the same cluster to the same Idempotency-Key', async () => {
    const platform = await setup();
    const quoteId = await platform.quote(1);
    const headers = { 'idempotency-key': 'one-and-the-same' };
    const first = await platform.create(quoteId, { headers });
    const second = await platform.create(quoteId, { headers });
    expect(second).toMatchObject({ status: 201, body: { id: first.body.id } });
    const rows = (await platform.call({ method: 'GET', path })).body.data;
    expect(rows).toHaveLength(1);
  });

  it('finds its own cluster when the attempt died before its answer was stored', async () => {
    const platform = await setup();
    const quoteId = await platform.quote(2);
    const headers = { 'idempotency-key': 'died-in-between' };
    platform.database.faultOf = ([write]) =>
      write?.kind === 'update' && write.set?.['state'] === 'done' ? 'lost_request' : 'none';
    expect((await platform.create(quoteId, { headers })).status).toBeGreaterThanOrEqual(500);
    platform.database.faultOf = () => 'none';
    platform.clock.ms += 31_000;
    const again = await platform.create(quoteId, { headers });
    expect(again.status).toBe(201);
    expect((await platform.call({ method: 'GET', path })).body.data).toHaveLength(1);
    expect((await platform.hold(again.body.id)).state).toBe('open');
  });

  it.each([
    ['a stranger’s', false],
    ['one that counts as one with the customer', true],
  ])('remembers whether its supplier is %s', async (_name, linked) => {
    const platform = await setup();
    const shared = { kind: 'card', value: 'fingerprint', tie: 'holder', atMs: 1 } as const;
    for (const organisation of [platform.supplierId, ...(linked ? [platform.customerId] : [])]) {
      await noteTie(platform.needs, { ...shared, organisation });
    }
    const { body } = await platform.create(await platform.quote(2));
    const { assignments } = await platform.cluster(body.id);
    expect(assignments.map((assignment) => assignment.linked)).toEqual([linked, linked]);
  });

  it('plans around a device that the index still lists although it is taken', async () => {
    const platform = await setup({ devices: 3 });
    const quoteId = await platform.quote(1);
    const { database } = platform;
    const query = database.query.bind(database);
    // The index as it was before two of the three devices were hired by others.
    const before = new Map<string, Awaited<ReturnType<typeof query>>>();
    let frozen = false;
    database.query = async (table, wanted) => {
      if (table !== 'devices') return query(table, wanted);
      if (!frozen) before.set(wanted.pk, await query(table, wanted));
      return before.get(wanted.pk) ?? query(table, wanted);
    };
    await platform.quote(1);
    frozen = true;
    for (const { id } of platform.devices.slice(0, 2)) {
      const [clusterId, nodeId] = [platform.newId('clu'), platform.newId('nod')];
      const hire = { clusterId, nodeId, sinceMs: 1, proofConsent: true };
      await database.write(reserveDevice(await platform.device(id), hire));
    }
    const answer = await platform.create(quoteId);
    expect(answer.status).toBe(201);
    const { assignments } = await platform.cluster(answer.body.id);
    expect(assignments[0]?.deviceId).toBe(platform.devices[2]?.id);
  });
});

describe('400', () => {
  const bodies: readonly [string, unknown][] = [
    ['no quote', {}],
    ['an id of another kind', { quote_id: 'clu_00000000000000000000000001' }],
    ['an unknown field', { quote_id: someQuote, hours: 3 }],
    ['an empty name', { quote_id: someQuote, name: '' }],
  ];
  test.each(bodies)('%s', async (_name, body) => {
    const platform = await setup();
    const answer = await platform.call({ method, path, body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
  });

  test('no Idempotency-Key', async () => {
    const platform = await setup();
    const answer = await platform.callWithoutKey({
      method,
      path,
      headers: { authorization: `Bearer ${platform.key}` },
      body: { quote_id: someQuote },
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'request.idempotency_key_missing' },
    });
  });
});

test('401 without a key', async () => {
  const platform = await setup();
  const answer = await platform.callWithoutKey({ method, path, body: { quote_id: someQuote } });
  expect(answer).toMatchObject({ status: 401, body: { code: 'identity.unauthenticated' } });
});

test('402 says what the hold needs, what there is and what is missing', async () => {
  const platform = await setup({ credit: rateUnits });
  const quoteId = await platform.quote(1, { hours: 2 });
  const before = platform.database.all('ledger');
  const answer = await platform.create(quoteId);
  expect(answer).toMatchObject({
    status: 402,
    body: {
      code: 'cluster.payment_required',
      needed: usd(2n * rateUnits),
      available: usd(rateUnits),
      shortfall: usd(rateUnits),
    },
  });
  expect(platform.database.all('ledger')).toEqual(before);
  expect((await platform.device(platform.devices[0]?.id ?? '')).hiredBy).toBeNull();
  await platform.grant(platform.customerId, rateUnits);
  expect((await platform.create(quoteId)).status).toBe(201);
});

test('403 for a key that may only read', async () => {
  const platform = await setup();
  const key = await platform.newKey(platform.runtime, platform.customerId, 'owner', {
    scopes: ['clusters:read'],
  });
  const answer = await platform.create(someQuote, { key });
  expect(answer).toMatchObject({ status: 403, body: { required_scope: 'clusters:write' } });
});

describe('404', () => {
  it('answers a quote of another organisation exactly like an unknown one', async () => {
    const platform = await setup();
    const theirs = await platform.quote(1, { key: platform.supplierKey });
    const [foreign, unknown] = [await platform.create(theirs), await platform.create(someQuote)];
    expect(foreign).toMatchObject({ status: 404, body: { code: 'market.quote_not_found' } });
    const { request_id: _, ...document } = foreign.body;
    expect(unknown.body).toMatchObject(document);
  });
});

describe('409', () => {
  test('a quote that was spent, naming the cluster', async () => {
    const platform = await setup();
    const quoteId = await platform.quote(1);
    const first = await platform.create(quoteId);
    expect(await platform.create(quoteId)).toMatchObject({
      status: 409,
      body: { code: 'market.quote_spent', cluster_id: first.body.id },
    });
  });

  test('a quote that expired', async () => {
    const platform = await setup();
    const quoteId = await platform.quote(1);
    platform.clock.ms += quoteLifetimeMs;
    expect(await platform.create(quoteId)).toMatchObject({
      status: 409,
      body: { code: 'market.quote_expired' },
    });
  });

  test('no device left at the quoted price; the quote stays open', async () => {
    const platform = await setup({ devices: 1 });
    const quotes = [await platform.quote(1), await platform.quote(1)] as const;
    await platform.create(quotes[0]);
    expect(await platform.create(quotes[1])).toMatchObject({
      status: 409,
      body: { code: 'cluster.no_capacity' },
    });
    expect(await platform.brokenBooks()).toEqual([]);
  });
});

test('422 when an Idempotency-Key comes back with another body', async () => {
  const platform = await setup();
  const headers = { 'idempotency-key': 'used-for-two' };
  await platform.create(await platform.quote(1), { headers });
  expect(await platform.create(await platform.quote(1), { headers })).toMatchObject({
    status: 422,
    body: { code: 'request.idempotency_key_reused' },
  });
});

describe('429', () => {
  test('after three cancels before running within an hour', async () => {
    const platform = await setup();
    for (let cancel = 0; cancel < 3; cancel += 1) {
      const id = await platform.order(1);
      await platform.terminate(id);
      await platform.release(id);
    }
    const answer = await platform.create(await platform.quote(1));
    expect(answer).toMatchObject({ status: 429, body: { code: 'cluster.too_many_cancelled' } });
    expect(answer.headers['retry-after']).toBe('600');
  });

  test('with twenty clusters that do not run yet', async () => {
    const platform = await setup({ devices: 21 });
    for (let at = 0; at < 20; at += 1) await platform.order(1);
    expect(await platform.create(await platform.quote(1))).toMatchObject({
      status: 429,
      body: { code: 'cluster.too_many_unfinished' },
    });
  });
});

test('503 when contention does not end; nothing is left behind', async () => {
  const platform = await setup();
  const quoteId = await platform.quote(1);
  platform.database.faultOf = (writes) =>
    writes.some(({ table }) => table === 'clusters') ? 'conflict' : 'none';
  expect(await platform.create(quoteId)).toMatchObject({
    status: 503,
    body: { code: 'platform.unavailable' },
  });
  expect(platform.database.all('clusters')).toEqual([]);
});

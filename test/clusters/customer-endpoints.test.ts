/** What a customer reads of clusters, and the end of one: per endpoint, one case per answer. */
import { clusterRoutes } from '../../functions/clusters/routes.ts';
import { headAddress, headPorts, type Platform, rateUnits, setup } from './fixture.ts';

const unknown = 'clu_00000000000000000000000001';
const usd = (amount: bigint) => ({ amount: String(amount), currency: 'usd' });
const get = (platform: Platform, id: string, rest = '', key = platform.key) =>
  platform.call({ method: 'GET', path: `/v1/clusters/${id}${rest}`, key });

const rows = [
  ['getCluster', 'GET', ''],
  ['terminateCluster', 'POST', '/terminate'],
  ['listClusterNodes', 'GET', '/nodes'],
  ['listClusterEvents', 'GET', '/events'],
  ['getConnection', 'GET', '/connection'],
] as const;

describe.each(rows)('%s', (name, method, rest) => {
  const route = clusterRoutes.find((each) => each.name === name);
  const call = (platform: Platform, id: string, key: string) =>
    platform.call({ method, path: `/v1/clusters/${id}${rest}`, key });

  it('400: an id of another form', async () => {
    const platform = await setup();
    expect(await call(platform, 'clu_1', platform.key)).toMatchObject({
      status: 400,
      body: { code: 'request.malformed' },
    });
  });

  it('401: no key', async () => {
    const platform = await setup();
    const answer = await platform.callWithoutKey({
      method,
      path: `/v1/clusters/${unknown}${rest}`,
    });
    expect(answer).toMatchObject({ status: 401 });
  });

  it('403: a key without the scope', async () => {
    const platform = await setup();
    const scopes = { scopes: ['ledger:read'] } as const;
    const key = await platform.newKey(platform.runtime, platform.customerId, 'owner', scopes);
    expect(await call(platform, unknown, key)).toMatchObject({
      status: 403,
      body: { required_scope: route?.scope },
    });
  });

  it("404: another tenant's cluster answers like an unknown one, and is left alone", async () => {
    const platform = await setup();
    const id = await platform.order(2);
    const before = platform.database.all('clusters');
    const foreign = await call(platform, id, platform.supplierKey);
    const missing = await call(platform, unknown, platform.supplierKey);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'cluster.not_found' } });
    const { request_id: _, ...document } = foreign.body;
    expect(missing.body).toMatchObject(document);
    expect(platform.database.all('clusters')).toEqual(before);
  });
});

describe('getCluster', () => {
  it('200: shows progress, and what the proven time costs so far', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    await platform.provision(id);
    await platform.run(id, 90_000);
    expect(await get(platform, id)).toMatchObject({
      status: 200,
      body: {
        status: 'running',
        status_reason: 'nodes_alive',
        progress: { nodes_alive: 2, nodes_ordered: 2 },
        cost: usd(2n * ((rateUnits * 90_000n) / 3_600_000n)),
      },
    });
  });
});

describe('listClusters', () => {
  it('200: own clusters, newest first, page by page', async () => {
    const platform = await setup();
    const ids: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      platform.clock.ms += 1;
      ids.unshift(await platform.order(1));
    }
    const list = (query: Record<string, string>, key = platform.key) =>
      platform.call({ method: 'GET', path: '/v1/clusters', query, key });
    const first = await list({ limit: '2' });
    const second = await list({ limit: '2', cursor: first.body.next_cursor });
    const seen = [...first.body.data, ...second.body.data].map(({ id }) => id);
    expect(seen).toEqual(ids);
    expect(second.body.next_cursor).toBeNull();
    expect((await list({}, platform.supplierKey)).body.data).toEqual([]);
  });

  it('400: a limit out of bounds; 401: no key; 403: no scope', async () => {
    const platform = await setup();
    const request = { method: 'GET', path: '/v1/clusters' };
    const scopes = { scopes: ['ledger:read'] } as const;
    const key = await platform.newKey(platform.runtime, platform.customerId, 'owner', scopes);
    expect((await platform.call({ ...request, query: { limit: '0' } })).status).toBe(400);
    expect((await platform.callWithoutKey(request)).status).toBe(401);
    expect((await platform.call({ ...request, key })).status).toBe(403);
  });
});

describe('terminateCluster', () => {
  it('200: the fence falls at once; asking again is the same answer', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    const answers = [await platform.terminate(id), await platform.terminate(id)];
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 200,
        body: { status: 'termination_requested', status_reason: 'customer_request' },
      });
    }
    expect(answers[0]?.body.stopped_at).not.toBeNull();
    await platform.release(id);
    expect(await platform.terminate(id)).toMatchObject({
      status: 200,
      body: { status: 'terminated' },
    });
  });

  it('409: a cluster that ended by itself', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.step('give-up', id);
    expect(await platform.terminate(id)).toMatchObject({
      status: 409,
      body: { code: 'cluster.wrong_status' },
    });
  });
});

describe('listClusterNodes', () => {
  it('200: by their public names, with what each has proven', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    expect((await get(platform, id, '/nodes')).body.data).toMatchObject([
      { role: 'head', status: 'reserved', proven_seconds: 0 },
      { role: 'worker', status: 'reserved' },
    ]);
    await platform.provision(id);
    await platform.run(id, 45_000);
    const { body } = await get(platform, id, '/nodes');
    expect(body.data).toMatchObject([
      { status: 'alive', proven_seconds: 45, price_per_hour: usd(rateUnits) },
      { status: 'alive', proven_seconds: 45 },
    ]);
    expect(body.data[0].device).toMatch(/^public\d$/);
    expect(JSON.stringify(body)).not.toContain('dev_');
  });
});

describe('listClusterEvents', () => {
  it('200: in their order, page by page, with reasons and without ids of devices', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.provision(id);
    const call = (query: Record<string, string>) =>
      platform.call({ method: 'GET', path: `/v1/clusters/${id}/events`, query });
    const first = await call({ limit: '3' });
    const second = await call({ limit: '3', cursor: first.body.next_cursor });
    const events = [...first.body.data, ...second.body.data];
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(events.map(({ kind }) => kind)).toEqual([
      'cluster.deployment_requested',
      'cluster.deploying',
      'cluster.acceptance_opened',
      'cluster.head_placed',
      'cluster.running',
    ]);
    expect(events[3].actor).toBe('device');
    expect(JSON.stringify(events)).not.toContain('dev_');
  });

  it("400: another list's cursor", async () => {
    const platform = await setup();
    const id = await platform.order(1);
    const path = `/v1/clusters/${id}/events`;
    expect(await platform.call({ method: 'GET', path, query: { cursor: 'e30' } })).toMatchObject({
      status: 400,
    });
  });
});

describe('getConnection', () => {
  it('425 until it runs, 200 while it runs, 409 once it has ended', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    expect(await get(platform, id, '/connection')).toMatchObject({
      status: 425,
      body: { code: 'cluster.not_reachable_yet' },
    });
    await platform.provision(id);
    expect(await get(platform, id, '/connection')).toMatchObject({
      status: 200,
      body: {
        ray_address: `http://${headAddress}:${headPorts.dashboard}`,
        client_address: `ray://${headAddress}:${headPorts.client}`,
        gcs_address: `${headAddress}:${headPorts.gcs}`,
        token: (await platform.cluster(id)).authToken,
      },
    });
    await platform.terminate(id);
    expect(await get(platform, id, '/connection')).toMatchObject({
      status: 409,
      body: { code: 'cluster.wrong_status' },
    });
  });
});

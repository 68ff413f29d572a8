/** Who may call the devices endpoints: every route of the table, with and without what it needs. */
import { devicesRoutes } from '../../functions/devices/routes.ts';
import { makeKey } from '../support/identity.ts';
import { aDevice, addDevice, devicesSetup, testId } from './builders.ts';

const keyRoutes = devicesRoutes.filter(({ authentication }) => authentication === 'key');
const deviceRoutes = keyRoutes.filter(({ path }) => path.includes('{device_id}'));
const pathOf = (path: string, number = 1) =>
  path
    .replace('{device_id}', testId('dev', number))
    .replace('{site_id}', testId('site', number))
    .replace('{join_token_id}', testId('jtk', number));
const named = (routes: typeof devicesRoutes) =>
  routes.map((route) => [`${route.method} ${route.path}`, route] as const);
const bodyOf = (method: string) => (method === 'PATCH' ? { body: { name: 'attic' } } : {});

describe.each(named(keyRoutes))('%s', (_, route) => {
  const request = { method: route.method, path: pathOf(route.path) };

  it('401: without a key', async () => {
    const { send } = await devicesSetup();
    const answer = await send(request);
    expect([answer.status, answer.body.code]).toEqual([401, 'identity.unauthenticated']);
  });

  it('403: with a key that lacks its scope', async () => {
    const { call, runtime, organisationId } = await devicesSetup();
    const key = await makeKey(runtime, organisationId, 'owner', { scopes: ['market:read'] });
    const answer = await call({ ...request, key });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({
      code: 'identity.forbidden',
      required_scope: route.scope,
    });
  });

  it('400: with a query that it does not know', async () => {
    const { call } = await devicesSetup();
    const answer = await call({ ...request, query: { verbose: 'yes' } });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
  });
});

describe.each(named(deviceRoutes))('%s', (_, route) => {
  it("404: another organisation's device is as unknown as one that never was", async () => {
    const { call, runtime, organisationId, stranger } = await devicesSetup();
    await addDevice(runtime, aDevice(1, { organisationId }));
    const request = { method: route.method, ...bodyOf(route.method) };
    const before = runtime.database.committed;
    const foreign = await call({ ...request, path: pathOf(route.path), key: stranger });
    const unknown = await call({ ...request, path: pathOf(route.path, 9), key: stranger });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'device.not_found']);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    // Only the key's use and its rate window were noted.
    expect(runtime.database.committed - before).toBeLessThanOrEqual(3);
  });
});

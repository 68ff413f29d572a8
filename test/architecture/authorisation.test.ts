/**
 * The authorisation matrix, generated: every route with every role through the real pipeline, and every
 * route that names an object with one of another tenant. A new route is in it without a line here.
 */
import { loadAllRoutes, type NounRoute } from '../../functions/kit/all-routes.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import type { Route } from '../../functions/kit/route.ts';
import { present } from '../../shared/core/assert.ts';
import { AppError } from '../../shared/core/errors.ts';
import { roles, scopesOfRole } from '../../shared/identity/permissions.ts';
import { callHttp } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { bodies, everyNeed, makers, references } from '../support/objects.ts';
import { testRuntime } from '../support/runtime.ts';

const routes = await loadAllRoutes();
const bootstrap = 'rm_boot_0123456789';

/** Every route of the platform behind one function. */
const setup = async () => {
  const runtime = testRuntime('authorisation');
  const needs = everyNeed(runtime);
  const table = routes.map(({ route }) => route as Route<typeof needs>);
  const serve = httpFunction(needs, table, {
    keyMode: 'test',
    isBootstrapKey: async (text) => text === bootstrap,
    requireWebhook: async () => {
      throw new AppError('webhook.signature_invalid');
    },
  });
  return { runtime, serve, organisationId: await makeOrganisation(runtime) };
};

/** Parameters of no object; the probe is refused before they are looked at. */
const pathOf = (path: string, id = 'probe') => path.replaceAll(/\{\w+\}/g, id);

const rows = routes.map((entry) => [`${entry.route.method} ${entry.route.path}`, entry] as const);

describe.each(rows)('%s', (_, { route }: NounRoute) => {
  const byKey = route.authentication === 'key' || route.authentication === 'key_or_bootstrap';
  const bySignature = ['device', 'new_device', 'webhook'].includes(route.authentication);

  /** Past the door, the probe's unknown parameter is refused as malformed, before any effect. */
  const probe = async (serve: Awaited<ReturnType<typeof setup>>['serve'], key?: string) => {
    const request = { method: route.method, path: pathOf(route.path), query: { probe: 'yes' } };
    const answer = await callHttp(serve, { ...request, ...(key === undefined ? {} : { key }) });
    return [answer.status, answer.body.code, answer.body.required_scope];
  };
  const admitted = [400, 'request.malformed', undefined];
  const unknown = [401, 'identity.unauthenticated', undefined];
  const byProvider = route.authentication === 'webhook';
  const unsigned = [
    401,
    byProvider ? 'webhook.signature_invalid' : 'device.signature_invalid',
    undefined,
  ];

  it('without a key', async () => {
    const { serve } = await setup();
    expect(await probe(serve)).toEqual(byKey ? unknown : bySignature ? unsigned : admitted);
  });

  it.each(roles)('as %s', async (role) => {
    const { serve, runtime, organisationId } = await setup();
    const key = await makeKey(runtime, organisationId, role);
    const may = route.scope !== null && scopesOfRole[role].includes(route.scope);
    const forbidden = [403, 'identity.forbidden', route.scope];
    const expected = byKey ? (may ? admitted : forbidden) : bySignature ? unsigned : admitted;
    expect(await probe(serve, key)).toEqual(expected);
  });

  it('with the bootstrap key', async () => {
    const { serve } = await setup();
    const accepted =
      route.authentication === 'key_or_bootstrap' || route.authentication === 'public';
    const expected = accepted ? admitted : bySignature ? unsigned : unknown;
    expect(await probe(serve, bootstrap)).toEqual(expected);
  });
});

const operatorsAlone = scopesOfRole.operator.filter((scope) => !scopesOfRole.owner.includes(scope));

// Devices name what is theirs by signed requests; the tests of those endpoints ask the same of them. What is
// public belongs to nobody; what only the operator may do is about everybody, and the matrix above refuses it
// to every other role.
const withIds = rows.filter(
  ([, { route }]) =>
    route.path.includes('{') &&
    route.authentication !== 'device' &&
    route.authentication !== 'public' &&
    !(route.scope !== null && operatorsAlone.includes(route.scope)),
);

describe.each(withIds)('%s of another tenant', (_, { route }: NounRoute) => {
  const parameter = /\{(\w+)\}/.exec(route.path)?.[1] ?? '';

  it('answers exactly as for an unknown id, and changes nothing', async () => {
    const { serve, runtime, organisationId } = await setup();
    const make = present(makers[parameter], `test/support/objects.ts makes no ${parameter}`);
    const id = await make(runtime, organisationId);
    const owner = await makeKey(runtime, organisationId);
    const stranger = await makeKey(runtime, await makeOrganisation(runtime, 'Stranger'));
    let sent = 0;
    const send = async (key: string, asked: string) => {
      sent += 1;
      const headers = route.idempotencyKeyRequired ? { 'idempotency-key': `request-${sent}` } : {};
      const request = { method: route.method, path: pathOf(route.path, asked), key, headers };
      const body = bodies[route.name];
      const answer = await callHttp(serve, { ...request, ...(body ? { body } : {}) });
      return { status: answer.status, body: { ...answer.body, request_id: '' } };
    };
    const everything = () =>
      [...runtime.database.snapshot()].filter(([at]) => !at.startsWith('requests '));

    // The key's first use is noted once, before the comparison.
    const nobody = `${id.slice(0, -4)}ZZZZ`;
    const unknown = await send(stranger, nobody);
    const before = everything();
    const foreign = await send(stranger, id);
    expect(foreign).toEqual(unknown);
    expect(foreign.status).toBe(404);
    expect(everything()).toEqual(before);
    // The object is really there: its owner gets another answer.
    expect(await send(owner, id)).not.toEqual(unknown);
  });
});

describe.each(Object.entries(references))('%s', (name, { parameter, bodyWith }) => {
  it('that names another tenant’s object answers exactly as for an unknown one', async () => {
    const { serve, runtime, organisationId } = await setup();
    const route = present(
      routes.find((entry) => entry.route.name === name)?.route,
      `no route is named ${name}`,
    );
    const id = await present(makers[parameter], `no maker for ${parameter}`)(
      runtime,
      organisationId,
    );
    const stranger = await makeKey(runtime, await makeOrganisation(runtime, 'Stranger'));
    const send = async (asked: string) => {
      const headers = { 'idempotency-key': `ask for ${asked}`.replaceAll(' ', '-') };
      const request = { method: route.method, path: route.path, key: stranger, headers };
      const answer = await callHttp(serve, { ...request, body: bodyWith(asked) });
      return { status: answer.status, body: { ...answer.body, request_id: '' } };
    };
    const unknown = await send(`${id.slice(0, -4)}ZZZZ`);
    expect(unknown.status).toBeGreaterThanOrEqual(404);
    expect(await send(id)).toEqual(unknown);
  });
});

/** API keys at the door: every way to be refused, and what the refusal tells. */
import { httpFunction } from '../../functions/kit/http.ts';
import { present } from '../../shared/core/assert.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { hourMs } from '../../shared/core/time.ts';
import { newApiKeySecret } from '../../shared/identity/api-key.ts';
import { getApiKeyBySecretHash, revokeApiKey } from '../../shared/identity/api-key-store.ts';
import { callHttp } from '../support/http.ts';
import { makeKey } from '../support/identity.ts';
import { sample, sampleRoutes } from './sample.ts';

const request = { method: 'GET', path: '/v1/orders/a' };

const setup = async () => {
  const base = await sample();
  const withKey = (key: string) => callHttp(base.serve, { ...request, key });
  const withHeader = (authorization: string) =>
    callHttp(base.serve, { ...request, headers: { authorization } });
  const keyOf = async (secret: string) =>
    present(await getApiKeyBySecretHash(base.runtime.database, sha256Hex(secret)), 'no such key');
  return { ...base, withKey, withHeader, keyOf };
};

describe('401', () => {
  it('without a key', async () => {
    const { serve } = await setup();
    const answer = await callHttp(serve, request);
    expect([answer.status, answer.body.code]).toEqual([401, 'identity.unauthenticated']);
  });

  it.each([
    'Basic abc',
    'Bearer',
    'Bearer ',
    'Bearer short',
    'rm_test_x',
    `Bearer ${'a'.repeat(129)}`,
  ])('with the header %j', async (header) => {
    const { withHeader } = await setup();
    expect((await withHeader(header)).body.code).toBe('identity.unauthenticated');
  });

  it('with a mistyped key, which its checksum tells without a read', async () => {
    const { withKey, key, runtime } = await setup();
    runtime.database.beforeRead = async () => {
      throw new Error('the database was asked');
    };
    const mistyped = `${key.slice(0, 10)}${key[10] === 'A' ? 'B' : 'A'}${key.slice(11)}`;
    const answer = await withKey(mistyped);
    expect(answer.status).toBe(401);
    expect(answer.body.detail).toBe(
      `The API key that ends in "${key.slice(-4)}" is not well-formed.`,
    );
  });

  it('with an unknown key', async () => {
    const { withKey, runtime } = await setup();
    const answer = await withKey(newApiKeySecret('test', runtime.randomness));
    expect([answer.status, answer.body.detail]).toEqual([
      401,
      expect.stringContaining('not known'),
    ]);
  });

  it('with a key of the other mode', async () => {
    const { withKey, runtime } = await setup();
    const answer = await withKey(newApiKeySecret('live', runtime.randomness));
    expect([answer.status, answer.body.detail]).toEqual([
      401,
      expect.stringContaining('not well-formed'),
    ]);
  });

  it('with an expired key, from the very millisecond', async () => {
    const { withKey, runtime, organisationId } = await setup();
    const expiresAtMs = runtime.clock.ms + 1000;
    const key = await makeKey(runtime, organisationId, 'owner', { expiresAtMs });
    runtime.clock.ms = expiresAtMs - 1;
    expect((await withKey(key)).status).toBe(200);
    runtime.clock.ms = expiresAtMs;
    const answer = await withKey(key);
    expect([answer.status, answer.body.detail]).toEqual([401, expect.stringContaining('expired')]);
  });

  it('with a revoked key', async () => {
    const { withKey, runtime, key, keyOf } = await setup();
    await runtime.database.write(revokeApiKey(await keyOf(key), runtime.clock.ms));
    const answer = await withKey(key);
    expect([answer.status, answer.body.detail]).toEqual([401, expect.stringContaining('revoked')]);
  });

  it('with a bootstrap key where none is accepted', async () => {
    const { runtime, withKey } = await setup();
    expect((await withKey('rm_boot_0123456789')).status).toBe(401);
    const everything = { keyMode: 'test' as const, isBootstrapKey: async () => true };
    const serve = httpFunction(runtime, sampleRoutes, everything);
    expect((await callHttp(serve, { ...request, key: 'rm_boot_0123456789' })).status).toBe(401);
  });

  it('never repeats the key, and keeps it out of the log', async () => {
    const { withKey, runtime, key } = await setup();
    const unknown = newApiKeySecret('test', runtime.randomness);
    const answers = [await withKey(key), await withKey(unknown)];
    const said = JSON.stringify([answers, runtime.lines]);
    for (const secret of [key, unknown]) expect(said).not.toContain(secret.slice(0, -4));
  });
});

describe('403', () => {
  it('names the scope that the key lacks, and changes nothing', async () => {
    const { runtime, organisationId, serve, orders } = await setup();
    const key = await makeKey(runtime, organisationId, 'owner', { scopes: ['clusters:read'] });
    const body = { name: 'x' };
    const answer = await callHttp(serve, { method: 'POST', path: '/v1/drafts', key, body });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({
      code: 'identity.forbidden',
      required_scope: 'clusters:write',
    });
    expect(orders()).toEqual([]);
  });

  it('follows the role when a stored key claims more than its role has now', async () => {
    const { runtime, organisationId, withKey } = await setup();
    const key = await makeKey(runtime, organisationId, 'billing', { scopes: ['clusters:write'] });
    expect((await withKey(key)).status).toBe(403);
  });
});

describe('the time of last use', () => {
  it('is noted at most once an hour', async () => {
    const { runtime, withKey, key, keyOf } = await setup();
    const startMs = runtime.clock.ms;
    await withKey(key);
    runtime.clock.ms = startMs + hourMs - 1;
    await withKey(key);
    expect((await keyOf(key)).lastUsedAtMs).toBe(startMs);
    runtime.clock.ms = startMs + hourMs;
    await withKey(key);
    expect((await keyOf(key)).lastUsedAtMs).toBe(startMs + hourMs);
  });

  it('is left out when somebody else writes the key at that moment', async () => {
    const { runtime, withKey, key } = await setup();
    runtime.database.faultOf = ([write]) => (write?.table === 'identity' ? 'conflict' : 'none');
    expect((await withKey(key)).status).toBe(200);
  });
});

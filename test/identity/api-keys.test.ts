/** API keys: made, shown once, listed without secrets, narrowed, revoked. */

import { requestsPerMinuteMax } from '../../functions/kit/http/rate-limit.ts';
import { rateKey } from '../../functions/kit/keys.ts';
import { newId } from '../../shared/core/ids.ts';
import { hourMs, isoOf, minuteMs } from '../../shared/core/time.ts';
import { isApiKeySecret, newApiKeySecret } from '../../shared/identity/api-key.ts';
import { scopesOfRole } from '../../shared/identity/permissions.ts';
import { makeKey } from '../support/identity.ts';
import { seededRandomness } from '../support/runtime.ts';
import { everythingStored, identityService } from './service.ts';

const path = '/v1/api-keys';
const body = { name: 'ci', role: 'member' };

describe('the form of a key', () => {
  it('has a checksum that finds every mistyped character', () => {
    const secret = newApiKeySecret('test', seededRandomness('key'));
    expect(secret).toMatch(/^rm_test_[0-9A-Z]{39}$/);
    expect(isApiKeySecret(secret, 'test')).toBe(true);
    for (let place = 8; place < secret.length; place += 1) {
      const other = secret[place] === '0' ? '1' : '0';
      const mistyped = `${secret.slice(0, place)}${other}${secret.slice(place + 1)}`;
      expect(isApiKeySecret(mistyped, 'test')).toBe(false);
    }
  });

  it('belongs to one mode', () => {
    const secret = newApiKeySecret('live', seededRandomness('key'));
    expect([isApiKeySecret(secret, 'live'), isApiKeySecret(secret, 'test')]).toEqual([true, false]);
    expect(isApiKeySecret(secret.replace('live', 'test'), 'test')).toBe(false);
  });
});

describe('createApiKey', () => {
  describe('201', () => {
    it('shows the key once, and it works', async () => {
      const { call, organisationId } = await identityService();
      const made = await call('POST', path, { body });
      expect(made.status).toBe(201);
      expect(made.body).toEqual({
        id: expect.stringMatching(/^key_/),
        object: 'api_key',
        organisation_id: organisationId,
        name: 'ci',
        role: 'member',
        scopes: [...scopesOfRole.member],
        last_four: made.body.secret.slice(-4),
        created_at: '2026-11-22T12:00:00.000Z',
        expires_at: null,
        revoked_at: null,
        last_used_at: null,
        secret: expect.stringMatching(/^rm_test_/),
      });
      const own = await call('GET', `/v1/organisations/${organisationId}`, {
        key: made.body.secret,
      });
      expect(own.status).toBe(200);
    });

    it('keeps only the hash of it, anywhere', async () => {
      const { call, runtime } = await identityService();
      const headers = { 'idempotency-key': 'make-a-key-once' };
      const made = await call('POST', path, { body, headers });
      await call('GET', path, { key: made.body.secret });
      const random = made.body.secret.slice('rm_test_'.length, -4);
      expect(everythingStored(runtime)).not.toContain(random);
      expect(JSON.stringify(runtime.lines)).not.toContain(random);
    });

    it('shows it to no replay, which makes no second key', async () => {
      const { call } = await identityService();
      const headers = { 'idempotency-key': 'make-a-key-once' };
      const made = await call('POST', path, { body, headers });
      const replay = await call('POST', path, { body, headers });
      expect(replay.body).toEqual({ ...made.body, secret: null });
      const listed = await call('GET', path);
      expect(listed.body.data.filter(({ name }: { name: string }) => name === 'ci')).toHaveLength(
        1,
      );
    });

    it('has one effect when the process dies after it, and the lost secret is gone for good', async () => {
      const { call, runtime } = await identityService();
      const headers = { 'idempotency-key': 'make-a-key-once' };
      runtime.database.faultOf = ([write]) =>
        write?.kind === 'update' && write.key.sk === 'IDEMPOTENCY' ? 'lost_request' : 'none';
      expect((await call('POST', path, { body, headers })).status).toBe(500);
      runtime.database.faultOf = () => 'none';
      runtime.clock.ms += 30_000;
      const resumed = await call('POST', path, { body, headers });
      expect([resumed.status, resumed.body.secret]).toEqual([201, null]);
      const listed = await call('GET', path);
      expect(listed.body.data[0].id).toBe(resumed.body.id);
      expect(listed.body.data).toHaveLength(2);
    });

    it('narrows the role to the scopes asked for', async () => {
      const { call, organisationId } = await identityService();
      const narrow = { ...body, scopes: ['clusters:read'] };
      const made = await call('POST', path, { body: narrow });
      expect(made.body.scopes).toEqual(['clusters:read']);
      const own = await call('GET', `/v1/organisations/${organisationId}`, {
        key: made.body.secret,
      });
      expect([own.status, own.body.required_scope]).toEqual([403, 'organisations:read']);
    });

    it('ends by itself at its expiry', async () => {
      const { call, runtime } = await identityService();
      const expires_at = isoOf(runtime.clock.ms + hourMs);
      const made = await call('POST', path, { body: { ...body, role: 'owner', expires_at } });
      expect(made.body.expires_at).toBe(expires_at);
      expect((await call('GET', path, { key: made.body.secret })).status).toBe(200);
      runtime.clock.ms += hourMs;
      expect((await call('GET', path, { key: made.body.secret })).status).toBe(401);
    });

    it('lets the operator and the bootstrap key make keys for any organisation', async () => {
      const { call, otherId, operator, bootstrap } = await identityService();
      for (const key of [operator, bootstrap]) {
        const made = await call('POST', path, {
          key,
          body: { name: 'x', role: 'owner', organisation_id: otherId },
        });
        expect([made.status, made.body.organisation_id]).toEqual([201, otherId]);
      }
    });

    it('records who made it, for the organisation', async () => {
      const { call } = await identityService();
      const made = await call('POST', path, { body });
      const events = await call('GET', '/v1/audit-events');
      expect(events.body.data).toEqual([
        {
          id: expect.stringMatching(/^adt_/),
          object: 'audit_event',
          action: 'api_key.created',
          actor: expect.stringMatching(/^key_/),
          target: made.body.id,
          reason: null,
          request_id: made.headers['request-id'],
          at: '2026-11-22T12:00:00.000Z',
        },
      ]);
    });
  });

  describe('400', () => {
    it.each([
      [{ ...body, name: '' }, '/name'],
      [{ ...body, name: 'two\nlines' }, '/name'],
      [{ ...body, name: 'x'.repeat(65) }, '/name'],
      [{ ...body, role: 'root' }, '/role'],
      [{ ...body, scopes: [] }, '/scopes'],
      [{ ...body, scopes: ['everything'] }, '/scopes/0'],
      [{ ...body, expires_at: 'tomorrow' }, '/expires_at'],
      [{ ...body, expires_at: '2026-11-22T12:00:00.000Z' }, '/expires_at'],
      [{ ...body, organisation_id: 'org_1' }, '/organisation_id'],
      [{ ...body, secret: 'mine' }, '/secret'],
    ])('for %j', async (wrong, pointer) => {
      const { call, runtime } = await identityService();
      const before = runtime.database.all('identity').length;
      const answer = await call('POST', path, { body: wrong });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
      const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer);
      expect([...new Set(pointers)]).toEqual([pointer]);
      expect(runtime.database.all('identity')).toHaveLength(before);
    });

    it('when the bootstrap key names no organisation', async () => {
      const { call, bootstrap } = await identityService();
      const answer = await call('POST', path, { key: bootstrap, body });
      expect(answer.body.errors[0].pointer).toBe('/organisation_id');
    });
  });

  it('401 without a key', async () => {
    const { call } = await identityService();
    expect((await call('POST', path, { key: '', body })).status).toBe(401);
  });

  it.each(['admin', 'member', 'billing'] as const)('403 for the role %s', async (role) => {
    const { call, runtime, organisationId } = await identityService();
    const key = await makeKey(runtime, organisationId, role);
    const answer = await call('POST', path, { key, body });
    expect([answer.status, answer.body.required_scope]).toEqual([403, 'api_keys:write']);
  });

  it('404 for another organisation, exactly as for an unknown one', async () => {
    const { call, otherId, runtime } = await identityService();
    const unknown = newId('org', runtime.clock.ms, seededRandomness('nobody'));
    const answers = [];
    for (const organisation_id of [otherId, unknown]) {
      const answer = await call('POST', path, { body: { ...body, organisation_id } });
      answers.push({ status: answer.status, ...answer.body, request_id: '' });
    }
    expect(answers[0]).toMatchObject({ status: 404, code: 'identity.not_found' });
    expect(answers[0]).toEqual(answers[1]);
  });

  it('404 when the operator names an unknown organisation', async () => {
    const { call, operator, runtime } = await identityService();
    const organisation_id = newId('org', runtime.clock.ms, seededRandomness('nobody'));
    const answer = await call('POST', path, { key: operator, body: { ...body, organisation_id } });
    expect([answer.status, answer.body.code]).toEqual([404, 'identity.not_found']);
  });

  it('422 for an Idempotency-Key that was used for another key', async () => {
    const { call } = await identityService();
    const headers = { 'idempotency-key': 'make-a-key-once' };
    await call('POST', path, { body, headers });
    const answer = await call('POST', path, { body: { ...body, name: 'other' }, headers });
    expect([answer.status, answer.body.code]).toEqual([422, 'request.idempotency_key_reused']);
  });

  it('409 while the same request runs', async () => {
    const { call, runtime } = await identityService();
    const headers = { 'idempotency-key': 'make-a-key-once' };
    const statuses: number[] = [];
    runtime.database.beforeRead = async (_, key) => {
      if (key.sk !== 'ORGANISATION') return;
      runtime.database.beforeRead = async () => {};
      statuses.push((await call('POST', path, { body, headers })).status);
    };
    statuses.push((await call('POST', path, { body, headers })).status);
    expect(statuses).toEqual([409, 201]);
  });

  describe('422', () => {
    it('for a scope that the role does not have', async () => {
      const { call } = await identityService();
      const answer = await call('POST', path, { body: { ...body, scopes: ['api_keys:write'] } });
      expect([answer.status, answer.body.code]).toEqual([422, 'identity.scope_not_grantable']);
    });

    it('for a scope that the asking key does not have itself', async () => {
      const { call, runtime, organisationId } = await identityService();
      const narrow = await makeKey(runtime, organisationId, 'owner', {
        scopes: ['api_keys:write', 'clusters:read'],
      });
      expect((await call('POST', path, { key: narrow, body })).status).toBe(422);
      const covered = { ...body, scopes: ['clusters:read'] };
      expect((await call('POST', path, { key: narrow, body: covered })).status).toBe(201);
    });

    it('for the operator’s scopes, also to an operator’s key that was narrowed', async () => {
      const { call, runtime, organisationId } = await identityService();
      const narrow = await makeKey(runtime, organisationId, 'operator', {
        scopes: ['api_keys:write', 'organisations:write'],
      });
      const asked = { name: 'x', role: 'operator', scopes: ['ledger:grant'] };
      expect((await call('POST', path, { key: narrow, body: asked })).status).toBe(422);
    });

    it('for the role of the operator, however narrow', async () => {
      const { call } = await identityService();
      const asked = { name: 'x', role: 'operator', scopes: ['clusters:read'] };
      expect((await call('POST', path, { body: asked })).status).toBe(422);
    });
  });

  it('429 when the organisation asks too often', async () => {
    const { call, runtime, organisationId } = await identityService();
    const key = rateKey(organisationId, Math.floor(runtime.clock.ms / minuteMs));
    const attributes = { requests: requestsPerMinuteMax };
    await runtime.database.write({
      kind: 'put',
      table: 'requests',
      key,
      attributes,
      condition: {},
    });
    const answer = await call('POST', path, { body });
    expect([answer.status, answer.body.code]).toEqual([429, 'request.rate_limited']);
  });

  it('503 when contention does not end, and the same request may come again', async () => {
    const { call, runtime } = await identityService();
    const headers = { 'idempotency-key': 'make-a-key-once' };
    runtime.database.faultOf = (writes) => (writes.length > 1 ? 'conflict' : 'none');
    const refused = await call('POST', path, { body, headers });
    expect([refused.status, refused.body.code]).toEqual([503, 'platform.unavailable']);
    expect(refused.headers['retry-after']).toBe('1');
    runtime.database.faultOf = () => 'none';
    runtime.clock.ms += 30_000;
    expect((await call('POST', path, { body, headers })).status).toBe(201);
  });
});

describe('listApiKeys', () => {
  it('200 lists the own keys, newest first, page by page, without secrets', async () => {
    const { call, runtime, otherId } = await identityService();
    await makeKey(runtime, otherId);
    for (const name of ['one', 'two', 'three']) {
      runtime.clock.ms += 1000;
      await call('POST', path, { body: { ...body, name } });
    }
    const first = await call('GET', path, { query: { limit: '2' } });
    expect(first.body).toMatchObject({ object: 'list', has_more: true });
    const query = { limit: '2', cursor: first.body.next_cursor };
    const second = await call('GET', path, { query });
    expect(second.body).toMatchObject({ has_more: false, next_cursor: null });
    const names = [...first.body.data, ...second.body.data].map(({ name }) => name);
    expect(names).toEqual(['three', 'two', 'one', 'owner']);
    expect(first.body.data[0]).not.toHaveProperty('secret');
    expect(second.body.data[1].last_used_at).toBe('2026-11-22T12:00:01.000Z');
  });

  it.each([{ limit: '0' }, { limit: '101' }, { limit: 'x' }, { cursor: 'x' }, { page: '1' }])(
    '400 for %j',
    async (query) => {
      const { call } = await identityService();
      const answer = await call('GET', path, { query });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    },
  );

  it('400 for the cursor of another organisation', async () => {
    const { call, runtime, otherId } = await identityService();
    const stranger = await makeKey(runtime, otherId);
    await makeKey(runtime, otherId);
    const theirs = await call('GET', path, { key: stranger, query: { limit: '1' } });
    const answer = await call('GET', path, { query: { cursor: theirs.body.next_cursor } });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/query/cursor']);
  });

  it('401 with an unknown key', async () => {
    const { call } = await identityService();
    expect((await call('GET', path, { key: 'rm_test_nobody-knows-it' })).status).toBe(401);
  });

  it('403 without the scope', async () => {
    const { call, runtime, organisationId } = await identityService();
    const key = await makeKey(runtime, organisationId, 'billing');
    expect((await call('GET', path, { key })).body.required_scope).toBe('api_keys:read');
  });
});

describe('revokeApiKey', () => {
  const setup = async () => {
    const service = await identityService();
    const made = await service.call('POST', path, { body: { name: 'x', role: 'owner' } });
    const revoke = (id: string = made.body.id) => service.call('POST', `${path}/${id}/revoke`);
    return { ...service, made, revoke };
  };

  it('200 ends the key at once', async () => {
    const { call, made, revoke, runtime } = await setup();
    expect((await call('GET', path, { key: made.body.secret })).status).toBe(200);
    runtime.clock.ms += 1000;
    const answer = await revoke();
    expect([answer.status, answer.body.revoked_at]).toEqual([200, '2026-11-22T12:00:01.000Z']);
    const refused = await call('GET', path, { key: made.body.secret });
    expect([refused.status, refused.body.code]).toEqual([401, 'identity.unauthenticated']);
    const events = await call('GET', '/v1/audit-events');
    expect(events.body.data[0]).toMatchObject({ action: 'api_key.revoked', target: made.body.id });
  });

  it('200 again with the same answer and no second event', async () => {
    const { call, revoke, runtime } = await setup();
    const first = await revoke();
    runtime.clock.ms += 5000;
    const second = await revoke();
    expect(second.body.revoked_at).toBe(first.body.revoked_at);
    expect((await call('GET', '/v1/audit-events')).body.data).toHaveLength(2);
  });

  it('200 with the first time when two revoke at once', async () => {
    const { revoke, runtime } = await setup();
    const answers: string[] = [];
    const write = runtime.database.transact.bind(runtime.database);
    runtime.database.transact = async (writes, token) => {
      runtime.database.transact = write;
      answers.push((await revoke()).body.revoked_at);
      runtime.clock.ms += 1000;
      return write(writes, token);
    };
    answers.push((await revoke()).body.revoked_at);
    expect(answers).toEqual(['2026-11-22T12:00:00.000Z', '2026-11-22T12:00:00.000Z']);
  });

  it('400 for what is no id of a key', async () => {
    const { revoke } = await setup();
    const answer = await revoke('org_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q');
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/path/key_id']);
  });

  it('403 for a key that may only read', async () => {
    const { call, made, runtime, organisationId } = await setup();
    const key = await makeKey(runtime, organisationId, 'admin');
    const answer = await call('POST', `${path}/${made.body.id}/revoke`, { key });
    expect(answer.status).toBe(403);
  });

  it('404 for an unknown key and for another organisation’s, and theirs still works', async () => {
    const { call, revoke, runtime, otherId, made } = await setup();
    const unknown = await revoke(newId('key', runtime.clock.ms, seededRandomness('nobody')));
    const stranger = await makeKey(runtime, otherId);
    const theirs = await call('POST', `${path}/${made.body.id}/revoke`, { key: stranger });
    expect(unknown.status).toBe(404);
    expect({ ...theirs.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect((await call('GET', path, { key: made.body.secret })).status).toBe(200);
  });
});

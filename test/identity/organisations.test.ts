/** Organisations, audit events, health: the operator makes tenants, tenants see themselves. */
import { newId } from '../../shared/core/ids.ts';
import { makeKey } from '../support/identity.ts';
import { seededRandomness } from '../support/runtime.ts';
import { identityService } from './service.ts';

const path = '/v1/organisations';

describe('createOrganisation', () => {
  it.each(['operator', 'bootstrap'] as const)('201 for the %s', async (who) => {
    const service = await identityService();
    const made = await service.call('POST', path, { key: service[who], body: { name: 'New' } });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^org_/),
      object: 'organisation',
      name: 'New',
      created_at: '2026-11-22T12:00:00.000Z',
    });
    const key = await makeKey(service.runtime, made.body.id);
    const events = await service.call('GET', '/v1/audit-events', { key });
    expect(events.body.data).toMatchObject([
      {
        action: 'organisation.created',
        actor: who === 'bootstrap' ? 'bootstrap' : expect.stringMatching(/^key_/),
        target: made.body.id,
      },
    ]);
  });

  it.each(['operator', 'bootstrap'] as const)(
    '201 once per Idempotency-Key of the %s',
    async (who) => {
      const service = await identityService();
      const request = {
        key: service[who],
        body: { name: 'New' },
        headers: { 'idempotency-key': 'new-organisation' },
      };
      const first = await service.call('POST', path, request);
      const replay = await service.call('POST', path, request);
      expect(replay.body).toEqual(first.body);
      expect(replay.headers['idempotent-replayed']).toBe('true');
    },
  );

  it('201 once when the process dies after the effect', async () => {
    const { call, runtime, operator } = await identityService();
    const request = {
      key: operator,
      body: { name: 'New' },
      headers: { 'idempotency-key': 'new-organisation' },
    };
    runtime.database.faultOf = ([write]) =>
      write?.kind === 'update' && write.key.sk === 'IDEMPOTENCY' ? 'lost_request' : 'none';
    expect((await call('POST', path, request)).status).toBe(500);
    runtime.database.faultOf = () => 'none';
    runtime.clock.ms += 30_000;
    const resumed = await call('POST', path, request);
    expect([resumed.status, resumed.body.created_at]).toEqual([201, '2026-11-22T12:00:00.000Z']);
    const all = await call('GET', path, { key: operator });
    expect(all.body.data.filter(({ name }: { name: string }) => name === 'New')).toHaveLength(1);
  });

  it.each([{}, { name: '' }, { name: 5 }, { name: 'x', id: 'org_1' }])(
    '400 for %j',
    async (body) => {
      const { call, operator } = await identityService();
      const answer = await call('POST', path, { key: operator, body });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    },
  );

  it('401 for a bootstrap key that is not the one', async () => {
    const { call, bootstrap } = await identityService();
    const answer = await call('POST', path, { key: `${bootstrap}x`, body: { name: 'New' } });
    expect(answer.status).toBe(401);
  });

  it('403 for a tenant, whatever its role', async () => {
    const { call, runtime, organisationId } = await identityService();
    for (const role of ['owner', 'admin', 'member', 'billing'] as const) {
      const key = await makeKey(runtime, organisationId, role);
      const answer = await call('POST', path, { key, body: { name: 'New' } });
      expect([answer.status, answer.body.required_scope]).toEqual([403, 'organisations:write']);
    }
  });

  it('422 for an Idempotency-Key of another organisation’s making', async () => {
    const { call, operator } = await identityService();
    const headers = { 'idempotency-key': 'new-organisation' };
    await call('POST', path, { key: operator, body: { name: 'New' }, headers });
    const answer = await call('POST', path, { key: operator, body: { name: 'Newer' }, headers });
    expect(answer.status).toBe(422);
  });
});

describe('listOrganisations', () => {
  it('200 lists all, newest first, for the operator', async () => {
    const { call, runtime, operator, bootstrap } = await identityService();
    runtime.clock.ms += 1000;
    await call('POST', path, { key: operator, body: { name: 'New' } });
    for (const key of [operator, bootstrap]) {
      const first = await call('GET', path, { key, query: { limit: '1' } });
      expect(first.body).toMatchObject({ has_more: true, data: [{ name: 'New' }] });
      const query = { cursor: first.body.next_cursor };
      const rest = await call('GET', path, { key, query });
      expect(rest.body.data).toHaveLength(3);
      expect(rest.body.has_more).toBe(false);
    }
  });

  it('400 for a limit of 0', async () => {
    const { call, operator } = await identityService();
    expect((await call('GET', path, { key: operator, query: { limit: '0' } })).status).toBe(400);
  });

  it('401 without a key, 403 for a tenant', async () => {
    const { call } = await identityService();
    expect((await call('GET', path, { key: '' })).status).toBe(401);
    expect((await call('GET', path)).status).toBe(403);
  });
});

describe('getOrganisation', () => {
  it('200 for one’s own, and for every one to the operator', async () => {
    const { call, organisationId, operator, bootstrap } = await identityService();
    expect((await call('GET', `${path}/${organisationId}`)).body.name).toBe('Acme');
    for (const key of [operator, bootstrap]) {
      expect((await call('GET', `${path}/${organisationId}`, { key })).body.name).toBe('Acme');
    }
  });

  it('400 for what is no id', async () => {
    const { call } = await identityService();
    expect((await call('GET', `${path}/acme`)).body.errors[0].pointer).toBe(
      '/path/organisation_id',
    );
  });

  it('401 without a key', async () => {
    const { call, organisationId } = await identityService();
    expect((await call('GET', `${path}/${organisationId}`, { key: '' })).status).toBe(401);
  });

  it('403 for a key without the scope', async () => {
    const { call, organisationId, runtime } = await identityService();
    const key = await makeKey(runtime, organisationId, 'owner', { scopes: ['devices:read'] });
    expect((await call('GET', `${path}/${organisationId}`, { key })).status).toBe(403);
  });

  it('404 for another organisation, exactly as for an unknown one, also to the operator', async () => {
    const { call, otherId, runtime, operator } = await identityService();
    const nobody = newId('org', runtime.clock.ms, seededRandomness('nobody'));
    const theirs = await call('GET', `${path}/${otherId}`);
    const unknown = await call('GET', `${path}/${nobody}`);
    expect(theirs.status).toBe(404);
    expect({ ...theirs.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect((await call('GET', `${path}/${nobody}`, { key: operator })).status).toBe(404);
  });
});

describe('listAuditEvents', () => {
  it('200 lists the own ones alone', async () => {
    const { call, operator, runtime, otherId } = await identityService();
    const body = { name: 'x', role: 'owner', organisation_id: otherId };
    await call('POST', '/v1/api-keys', { key: operator, body });
    expect((await call('GET', '/v1/audit-events')).body.data).toEqual([]);
    const key = await makeKey(runtime, otherId);
    expect((await call('GET', '/v1/audit-events', { key })).body.data).toHaveLength(1);
  });

  it('400 for an unknown parameter', async () => {
    const { call } = await identityService();
    const answer = await call('GET', '/v1/audit-events', { query: { actor: 'me' } });
    expect(answer.body.errors[0].pointer).toBe('/query/actor');
  });

  it('401 without a key, 403 without the scope', async () => {
    const { call, runtime, organisationId } = await identityService();
    const key = await makeKey(runtime, organisationId, 'member');
    expect((await call('GET', '/v1/audit-events', { key: '' })).status).toBe(401);
    expect((await call('GET', '/v1/audit-events', { key })).status).toBe(403);
  });
});

describe('getHealth', () => {
  it('200 tells the platform’s time to anybody', async () => {
    const { call } = await identityService();
    const answer = await call('GET', '/v1/health', { key: '' });
    expect(answer.body).toEqual({ object: 'health', server_time: '2026-11-22T12:00:00.000Z' });
  });

  it('400 for a parameter', async () => {
    const { call } = await identityService();
    expect((await call('GET', '/v1/health', { query: { verbose: '1' } })).status).toBe(400);
  });
});

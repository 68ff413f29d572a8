/** The supplier's profile and sites, through the whole pipeline. */

import { isoOf } from '../../shared/core/time.ts';
import { startMs } from '../support/runtime.ts';
import { devicesSetup, testId } from './builders.ts';

describe('GET /v1/supplier', () => {
  it('200: is empty for an organisation that never said anything', async () => {
    const { call, organisationId } = await devicesSetup();
    const { status, body } = await call({ method: 'GET', path: '/v1/supplier' });
    expect(status).toBe(200);
    expect(body).toEqual({
      object: 'supplier',
      organisation_id: organisationId,
      display_name: null,
      contact_email: null,
    });
  });
});

describe('PATCH /v1/supplier', () => {
  const change = (body: unknown) => ({ method: 'PATCH', path: '/v1/supplier', body });

  it('200: changes what is named and nothing else; null clears', async () => {
    const { call, stranger } = await devicesSetup();
    await call(change({ display_name: 'Cellar GPUs', contact_email: 'gpu@example.com' }));
    const { body } = await call(change({ contact_email: null }));
    expect(body).toMatchObject({ display_name: 'Cellar GPUs', contact_email: null });
    expect((await call(change({}))).body).toEqual(body);
    const other = await call({ method: 'GET', path: '/v1/supplier', key: stranger });
    expect(other.body.display_name).toBeNull();
  });

  it.each([
    [{ display_name: '' }, '/display_name'],
    [{ contact_email: 'nobody' }, '/contact_email'],
    [{ name: 'x' }, '/name'],
  ])('400: refuses %j', async (body, pointer) => {
    const { call } = await devicesSetup();
    const answer = await call(change(body));
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    expect(answer.body.errors[0].pointer).toBe(pointer);
  });
});

describe('POST /v1/sites', () => {
  const create = (body: unknown) => ({ method: 'POST', path: '/v1/sites', body });

  it('201: declares a site', async () => {
    const { call } = await devicesSetup();
    const { status, body } = await call(create({ name: 'cellar', region: 'eu-west' }));
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^site_/),
      object: 'site',
      name: 'cellar',
      region: 'eu-west',
      created_at: isoOf(startMs),
    });
  });

  it('201: makes one site for one Idempotency-Key', async () => {
    const { call } = await devicesSetup();
    const request = {
      ...create({ name: 'cellar', region: 'eu-west' }),
      headers: { 'idempotency-key': 'cellar-01' },
    };
    expect((await call(request)).body.id).toBe((await call(request)).body.id);
    const { body } = await call({ method: 'GET', path: '/v1/sites' });
    expect(body.data).toHaveLength(1);
  });

  it.each([[{ name: 'x', region: 'atlantis' }], [{ region: 'eu-west' }]])(
    '400: refuses %j',
    async (body) => {
      const { call } = await devicesSetup();
      const answer = await call(create(body));
      expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    },
  );
});

describe('GET /v1/sites', () => {
  it("200: lists the organisation's own, newest first, page by page", async () => {
    const { call, makeSite, stranger, runtime } = await devicesSetup();
    const first = await makeSite();
    runtime.clock.ms += 1;
    const second = await makeSite();
    const list = { method: 'GET', path: '/v1/sites' };
    const page = await call({ ...list, query: { limit: '1' } });
    expect(page.body).toMatchObject({ data: [{ id: second }], has_more: true });
    const rest = await call({ ...list, query: { limit: '1', cursor: page.body.next_cursor } });
    expect(rest.body).toMatchObject({ data: [{ id: first }], has_more: false });
    expect((await call({ ...list, key: stranger })).body.data).toEqual([]);
  });
});

describe('GET /v1/sites/{site_id}', () => {
  it('200: shows it', async () => {
    const { call, makeSite } = await devicesSetup();
    const id = await makeSite();
    const { status, body } = await call({ method: 'GET', path: `/v1/sites/${id}` });
    expect([status, body.id]).toEqual([200, id]);
  });

  it("404: another organisation's is as unknown as one that never was", async () => {
    const { call, makeSite, stranger } = await devicesSetup();
    const path = `/v1/sites/${await makeSite()}`;
    const foreign = await call({ method: 'GET', path, key: stranger });
    const unknown = await call({ method: 'GET', path: `/v1/sites/${testId('site', 9)}` });
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect(unknown.body.code).toBe('site.not_found');
  });
});

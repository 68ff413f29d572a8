/** Join tokens, through the whole pipeline. */
import { dayMs, hourMs, isoOf } from '../../shared/core/time.ts';
import { startMs } from '../support/runtime.ts';
import { devicesSetup, testId } from './builders.ts';

const tokens = '/v1/join-tokens';

describe('POST /v1/join-tokens', () => {
  it('201: shows the token once and stores only its hash', async () => {
    const { makeToken, call, runtime } = await devicesSetup();
    const made = await makeToken();
    expect(made).toEqual({
      id: expect.stringMatching(/^jtk_/),
      object: 'join_token',
      site_id: expect.stringMatching(/^site_/),
      name: 'join token',
      last_four: made.token.slice(-4),
      token: expect.stringMatching(/^rm_join_[0-9A-Z]{39}$/),
      uses: 0,
      max_uses: 1,
      created_at: isoOf(startMs),
      expires_at: isoOf(startMs + dayMs),
      revoked_at: null,
    });
    const everything = JSON.stringify([...runtime.database.snapshot()], (_, value) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    expect(everything).not.toContain(made.token);
    const { body } = await call({ method: 'GET', path: tokens });
    expect(body.data[0].token).toBeUndefined();
  });

  it('201: a replay answers the same token without its secret', async () => {
    const { call, makeSite } = await devicesSetup();
    const request = {
      method: 'POST',
      path: tokens,
      body: { site_id: await makeSite(), max_uses: 1000, expires_in_hours: 1 },
      headers: { 'idempotency-key': 'token-001' },
    };
    const first = await call(request);
    const again = await call(request);
    expect(first.body.expires_at).toBe(isoOf(startMs + hourMs));
    expect(again.body).toEqual({ ...first.body, token: null });
  });

  it.each([
    [{ max_uses: 0 }],
    [{ max_uses: 1001 }],
    [{ expires_in_hours: 25 }],
    [{ site_id: 'cellar' }],
    [{ ttl: 5 }],
  ])('400: refuses %j', async (options) => {
    const { call, makeSite } = await devicesSetup();
    const body = { site_id: await makeSite(), ...options };
    const answer = await call({ method: 'POST', path: tokens, body });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
  });

  it("404: another organisation's site is unknown", async () => {
    const { call, makeSite, stranger } = await devicesSetup();
    const body = { site_id: await makeSite() };
    const answer = await call({ method: 'POST', path: tokens, body, key: stranger });
    expect([answer.status, answer.body.code]).toEqual([404, 'site.not_found']);
  });
});

describe('GET /v1/join-tokens', () => {
  it("200: lists the organisation's own", async () => {
    const { call, makeToken, stranger } = await devicesSetup();
    const { id } = await makeToken();
    const list = { method: 'GET', path: tokens };
    expect((await call(list)).body.data.map((token: { id: string }) => token.id)).toEqual([id]);
    expect((await call({ ...list, key: stranger })).body.data).toEqual([]);
  });
});

describe('POST /v1/join-tokens/{join_token_id}/revoke', () => {
  it('200: ends it, and again is the same answer', async () => {
    const { call, makeToken, runtime } = await devicesSetup();
    const request = { method: 'POST', path: `${tokens}/${(await makeToken()).id}/revoke` };
    const first = await call(request);
    runtime.clock.ms += hourMs;
    const again = await call(request);
    expect([first.status, first.body.revoked_at]).toEqual([200, isoOf(startMs)]);
    expect(again.body).toEqual(first.body);
  });

  it('503: never says that it ended what it could not end', async () => {
    const { call, makeToken, runtime } = await devicesSetup();
    const { id } = await makeToken();
    runtime.database.faultOf = ([write]) => (write?.key.sk === 'JOIN' ? 'conflict' : 'none');
    const { status, body } = await call({ method: 'POST', path: `${tokens}/${id}/revoke` });
    expect([status, body.code]).toEqual([503, 'platform.unavailable']);
  });

  it("404: another organisation's is as unknown as one that never was", async () => {
    const { call, makeToken, stranger } = await devicesSetup();
    const path = `${tokens}/${(await makeToken()).id}/revoke`;
    const foreign = await call({ method: 'POST', path, key: stranger });
    const unknown = await call({ method: 'POST', path: `${tokens}/${testId('jtk', 9)}/revoke` });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'join_token.not_found']);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
  });
});

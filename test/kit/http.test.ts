/** The HTTP pipeline: problem documents, routing, sizes, forms, rates and time-outs. */
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { requestsPerMinuteMax } from '../../functions/kit/http/rate-limit.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { callHttp } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { sample } from './sample.ts';

const pointersOf = (body: { errors: { pointer: string }[] }) =>
  body.errors.map(({ pointer }) => pointer);

describe('a problem document', () => {
  it('says what happened, what to do next, and under which request', async () => {
    const { call, runtime } = await sample();
    const answer = await call({
      method: 'POST',
      path: '/v1/faults.json',
      body: { kind: 'refusal' },
    });
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '7',
      'request-id': answer.body.request_id,
    });
    expect(answer.body).toEqual({
      type: 'https://raymesh.dev/docs/errors#platform.unavailable',
      title: 'unavailable',
      status: 503,
      detail: 'Come again.',
      code: 'platform.unavailable',
      suggestion: 'In a while.',
      request_id: expect.stringMatching(/^req_/),
      shortfall: '5',
    });
    const line = runtime.lines.at(-1);
    expect(line).toMatchObject({
      level: 'info',
      route: 'breakDown',
      details: { internal: 'detail' },
    });
  });

  it.each(['bug', 'wrong_answer'])(
    'tells a user nothing of a bug, and the log all: %s',
    async (kind) => {
      const { call, runtime } = await sample();
      const answer = await call({ method: 'POST', path: '/v1/faults.json', body: { kind } });
      expect([answer.status, answer.body.code]).toEqual([500, 'platform.bug']);
      expect(JSON.stringify(answer.body)).not.toContain('undefined has');
      expect(runtime.lines.at(-1)).toMatchObject({
        level: 'error',
        request_id: answer.body.request_id,
        gateway_request_id: 'gateway-1',
        cause: { name: kind === 'bug' ? 'TypeError' : 'ZodError' },
      });
    },
  );

  it('comes before the function runs out of time', async () => {
    const { serve } = await sample();
    const event = {
      rawPath: '/v1/faults.json',
      headers: {},
      requestContext: { http: { method: 'POST', sourceIp: '203.0.113.7' } },
      body: '{"kind":"hang"}',
    } as unknown as APIGatewayProxyEventV2;
    const context = { getRemainingTimeInMillis: () => 501 } as Context;
    const answer = await serve(event, context);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({ 'retry-after': '30' });
  });
});

describe('routing', () => {
  it.each([
    ['GET', '/v1/nothing'],
    ['PATCH', '/v1/orders'],
    ['GET', '/v1/orders/a/b'],
    ['GET', '/v1/orders/'],
    ['GET', `/v1/orders/${'a'.repeat(129)}`],
    ['POST', '/v1/faultsXjson'],
    ['POST', '/v2/orders'],
  ])('answers 404 to %s %s', async (method, path) => {
    const { call } = await sample();
    const answer = await call({ method, path });
    expect([answer.status, answer.body.code]).toEqual([404, 'request.unknown_route']);
  });

  it('hands over what stands in the path and the query', async () => {
    const { call } = await sample();
    const request = { method: 'GET', path: '/v1/orders/o-1', query: { limit: '5' } };
    const answer = await call(request);
    expect(answer.body).toEqual({ order_id: 'o-1', limit: 5 });
    expect(answer.headers).toMatchObject({ 'request-id': expect.stringMatching(/^req_/) });
  });
});

describe('the size of a body', () => {
  const bodyOf = (bytes: number) => `{"name":"${'x'.repeat(bytes - 11)}"}`;

  it('may be 256 KiB', async () => {
    const { call } = await sample();
    const rawBody = bodyOf(256 * 1024);
    expect((await call({ method: 'POST', path: '/v1/drafts', rawBody })).status).toBe(201);
  });

  it.each([
    ['one byte more', bodyOf(256 * 1024 + 1)],
    ['more bytes than characters', `{"name":"${'é'.repeat(140_000)}"}`],
    ['megabytes', bodyOf(5_000_000)],
  ])('is refused with %s, before the key is looked at', async (_, rawBody) => {
    const { serve, runtime } = await sample();
    const before = runtime.database.snapshot();
    const answer = await callHttp(serve, { method: 'POST', path: '/v1/drafts', rawBody });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.too_large']);
    expect(runtime.database.snapshot()).toEqual(before);
  });

  it('counts after Base64 is taken off', async () => {
    const { serve, key } = await sample();
    const event = (text: string) =>
      ({
        rawPath: '/v1/drafts',
        headers: { authorization: `Bearer ${key}` },
        requestContext: { http: { method: 'POST' } },
        body: Buffer.from(text).toString('base64'),
        isBase64Encoded: true,
      }) as unknown as APIGatewayProxyEventV2;
    expect((await serve(event(bodyOf(256 * 1024)), {} as Context)).statusCode).toBe(201);
    expect((await serve(event(bodyOf(256 * 1024 + 1)), {} as Context)).statusCode).toBe(400);
  });
});

describe('the form of a request', () => {
  it.each([
    ['no JSON', '{"name"', ['']],
    ['no object', 'null', ['']],
    ['a missing field', '{}', ['/name']],
    ['an empty body', '', ['/name']],
    ['unknown fields, every one', '{"name":"a","x":1,"y":2}', ['/x', '/y']],
    [
      'a nested unknown field',
      '{"name":"a","lines":[{"count":1,"a/b~c":2}]}',
      ['/lines/0/a~1b~0c'],
    ],
    [
      'all wrong places at once',
      '{"name":"","lines":[{"count":"1"},{}]}',
      ['/name', '/lines/0/count', '/lines/1/count'],
    ],
    ['the prototype', '{"name":"a","__proto__":{"x":1}}', ['/__proto__']],
  ])('is refused for %s', async (_, rawBody, pointers) => {
    const { call, orders } = await sample();
    const answer = await call({ method: 'POST', path: '/v1/drafts', rawBody });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    expect(pointersOf(answer.body)).toEqual(pointers);
    expect(orders()).toEqual([]);
  });

  it('names the query’s fields under /query', async () => {
    const { call } = await sample();
    const query = { limit: '101', offset: '1' };
    const answer = await call({ method: 'GET', path: '/v1/orders/a', query });
    expect(pointersOf(answer.body)).toEqual(['/query/limit', '/query/offset']);
  });
});

describe('the rate limit', () => {
  it('counts down on every answer and refuses the 601st request of a minute', async () => {
    const { call, runtime } = await sample();
    const request = { method: 'GET', path: '/v1/orders/a' };
    runtime.clock.ms = Math.floor(runtime.clock.ms / minuteMs) * minuteMs + 20_000;
    const first = await call(request);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"minute";q=600;w=60',
      ratelimit: '"minute";r=599;t=40',
    });
    for (let count = 2; count < requestsPerMinuteMax; count += 1) await call(request);
    const last = await call(request);
    expect(last.status).toBe(200);
    expect(last.headers['ratelimit']).toBe('"minute";r=0;t=40');
    const refused = await call(request);
    expect([refused.status, refused.body.code]).toEqual([429, 'request.rate_limited']);
    expect(refused.headers).toMatchObject({ 'retry-after': '40', ratelimit: '"minute";r=0;t=40' });
    runtime.clock.ms += 40_000;
    expect((await call(request)).status).toBe(200);
  });

  it('is counted by organisation, over all of its keys', async () => {
    const { serve, runtime, organisationId, call } = await sample();
    const request = { method: 'GET', path: '/v1/orders/a' };
    await call(request);
    const second = await makeKey(runtime, organisationId);
    const sibling = await callHttp(serve, { ...request, key: second });
    expect(sibling.headers['ratelimit']).toContain('r=598');
    const other = await makeKey(runtime, await makeOrganisation(runtime, 'Other'));
    const stranger = await callHttp(serve, { ...request, key: other });
    expect(stranger.headers['ratelimit']).toContain('r=599');
  });
});

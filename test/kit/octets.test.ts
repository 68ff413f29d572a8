/** Raw bytes through the pipeline, headers by the answer, and when a request counts as arrived. */
import { httpFunction } from '../../functions/kit/http.ts';
import { errorCodesOf } from '../../functions/kit/openapi.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { testRuntime } from '../support/runtime.ts';
import { octetRoutes } from './sample.ts';

const setup = (clock: { processStartedRealMs?: number; offsetMs?: number } = {}) => {
  const runtime = testRuntime();
  const { offsetMs = 0, processStartedRealMs = 0 } = clock;
  Object.assign(runtime.clock, { processStartedRealMs, atReal: (ms: number) => ms + offsetMs });
  const serve = httpFunction(runtime, octetRoutes, { keyMode: 'test' });
  return { runtime, call: (request: TestRequest) => callHttp(serve, request) };
};

const put = (rawBody: Uint8Array | string) => ({ method: 'PUT', path: '/v1/octets', rawBody });

describe('octets', () => {
  it('come in and go out as they are', async () => {
    const { call } = setup();
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    const answer = await call(put(bytes));
    expect(answer.status).toBe(200);
    expect(Uint8Array.from(answer.body)).toEqual(bytes);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'max-age=256',
    });
  });

  it('may be none, and may be a text', async () => {
    const { call } = setup();
    expect((await call(put(new Uint8Array()))).body).toHaveLength(0);
    expect(String((await call(put('grüße'))).body)).toBe('grüße');
  });

  it('are taken up to the limit of their route', async () => {
    const { call } = setup();
    expect((await call(put(new Uint8Array(512 * 1024)))).status).toBe(200);
    for (const size of [512 * 1024 + 1, 800 * 1024]) {
      const answer = await call(put(new Uint8Array(size)));
      expect([answer.status, answer.body.code]).toEqual([400, 'request.too_large']);
      expect(answer.body.detail).toContain('512 KiB');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    const [route] = octetRoutes;
    expect(route && errorCodesOf(route)).toContain('request.too_large');
  });
});

describe('the count of strangers', () => {
  it('is kept by the process for the first ten of a minute, and by the table from then on', async () => {
    const { call, runtime } = setup();
    const rates = async () => {
      const { headers } = await call({ method: 'GET', path: '/v1/arrival' });
      return /r=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1];
    };
    const counted = () => runtime.database.all('requests').map(({ requests }) => requests);
    for (let asked = 1; asked <= 10; asked += 1) expect(await rates()).toBe(String(600 - asked));
    expect(counted()).toEqual([]);
    expect(await rates()).toBe('589');
    expect(counted()).toEqual([11n]);
    expect(await rates()).toBe('588');
    runtime.clock.ms += 60_000;
    expect(await rates()).toBe('599');
    expect(counted()).toEqual([12n]);
  });
});

describe('a request', () => {
  const arrival = async ({ call }: ReturnType<typeof setup>, gatewayMs: number) => {
    const answer = await call({ method: 'GET', path: '/v1/arrival', gatewayMs });
    expect(answer.headers['x-arrival']).toBe(String(answer.body.arrived_at_ms));
    expect(answer.body.source_ip).toBe('203.0.113.7');
    return answer.body.arrived_at_ms;
  };

  it('arrived when the gateway had it, but not before its invocation', async () => {
    const service = setup();
    const now = service.runtime.clock.ms;
    expect(await arrival(service, now - 1)).toBe(now);
    expect(await arrival(service, now + 3)).toBe(now + 3);
  });

  it('is not charged with a cold start, once', async () => {
    const now = testRuntime().clock.ms;
    const service = setup({ processStartedRealMs: now - 900 });
    expect(await arrival(service, now - 950)).toBe(now - 900);
    expect(await arrival(service, now - 950)).toBe(now);
  });

  it('gains nothing from a process that was started long ahead of it', async () => {
    const now = testRuntime().clock.ms;
    const service = setup({ processStartedRealMs: now - 10_000 });
    expect(await arrival(service, now - 20_000)).toBe(now);
  });

  it('is timed by the platform’s clock, wherever that was moved', async () => {
    const service = setup({ offsetMs: 3_600_000 });
    const now = service.runtime.clock.ms;
    expect(await arrival(service, now + 3)).toBe(now + 3_600_003);
  });
});

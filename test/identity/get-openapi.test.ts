/** GET /v1/openapi.json. */
import { readFileSync } from 'node:fs';
import { requestsPerMinuteMax } from '../../functions/kit/http/rate-limit.ts';
import { rateKey } from '../../functions/kit/keys.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { identityService } from './service.ts';

describe('getOpenapi', () => {
  it('200 serves the committed document to anybody', async () => {
    const { call } = await identityService();
    const answer = await call('GET', '/v1/openapi.json', { key: '' });
    const committed = new URL('../../docs/api/openapi.json', import.meta.url);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(JSON.parse(readFileSync(committed, 'utf8')));
  });

  it('429 after 600 in a minute from one address', async () => {
    const { call, runtime } = await identityService();
    const key = rateKey('public#203.0.113.7', Math.floor(runtime.clock.ms / minuteMs));
    const attributes = { requests: requestsPerMinuteMax };
    await runtime.database.write({
      kind: 'put',
      table: 'requests',
      key,
      attributes,
      condition: {},
    });
    const ask = (sourceIp: string) => call('GET', '/v1/openapi.json', { key: '', sourceIp });
    // The first ten of a minute are not looked up in the table.
    for (let asked = 1; asked <= 10; asked += 1) {
      expect((await ask('203.0.113.7')).status).toBe(200);
    }
    expect((await ask('203.0.113.7')).status).toBe(429);
    expect((await ask('203.0.113.8')).status).toBe(200);
  });

  it('400 for a parameter', async () => {
    const { call } = await identityService();
    const query = { version: '3.0' };
    expect((await call('GET', '/v1/openapi.json', { key: '', query })).status).toBe(400);
  });
});

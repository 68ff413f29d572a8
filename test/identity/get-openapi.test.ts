/** GET /v1/openapi.json. */
import { readFileSync } from 'node:fs';
import { identityService } from './service.ts';

describe('getOpenapi', () => {
  it('200 serves the committed document to anybody', async () => {
    const { call } = await identityService();
    const answer = await call('GET', '/v1/openapi.json', { key: '' });
    const committed = new URL('../../docs/api/openapi.json', import.meta.url);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(JSON.parse(readFileSync(committed, 'utf8')));
  });

  it('400 for a parameter', async () => {
    const { call } = await identityService();
    const query = { version: '3.0' };
    expect((await call('GET', '/v1/openapi.json', { key: '', query })).status).toBe(400);
  });
});

/** GET /v1/hardware, through the whole pipeline. */
import { makeKey } from '../support/identity.ts';
import { marketSetup } from './builders.ts';

const request = { method: 'GET', path: '/v1/hardware' };

describe('GET /v1/hardware', () => {
  it('200: lists every model with its default price', async () => {
    const { call } = await marketSetup();
    const { status, body } = await call(request);
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    expect(body.data).toHaveLength(48);
    expect(body.data.find((row: { model: string }) => row.model === 'RTX 4090')).toEqual({
      object: 'hardware_model',
      model: 'RTX 4090',
      vendor: 'nvidia',
      kind: 'gpu',
      pool: 'enterprise',
      reward_multiplier_hundredths: 125,
      memory_gib: 24,
      peak_tops: 661,
      memory_gbps: 1008,
      default_price_per_hour: { amount: '390000', currency: 'usd' },
      note: null,
    });
  });

  it('400: refuses an unknown query parameter', async () => {
    const { call } = await marketSetup();
    const { status, body } = await call({ ...request, query: { vendor: 'nvidia' } });
    expect([status, body.code]).toEqual([400, 'request.malformed']);
  });

  it('401: refuses a request without a key', async () => {
    const { callWithoutKey } = await marketSetup();
    const { status, body } = await callWithoutKey(request);
    expect([status, body.code]).toEqual([401, 'identity.unauthenticated']);
  });

  it('403: refuses a key without market:read', async () => {
    const { call, runtime, organisationId } = await marketSetup();
    const key = await makeKey(runtime, organisationId, 'billing');
    const { status, body } = await call({ ...request, key });
    expect([status, body.code, body.required_scope]).toEqual([
      403,
      'identity.forbidden',
      'market:read',
    ]);
  });
});

/** GET /v1/prices, through the whole pipeline. */
import { commit } from '../../functions/kit/transaction.ts';
import { putPrice } from '../../shared/market/price-store.ts';
import { makeKey } from '../support/identity.ts';
import { startMs } from '../support/runtime.ts';
import { marketSetup, orgId } from './builders.ts';

const request = { method: 'GET', path: '/v1/prices' };

describe('GET /v1/prices', () => {
  it('200: lists every model, with own prices where the supplier named one', async () => {
    const { call, runtime, organisationId } = await marketSetup();
    const price = { model: 'T4', unitsPerHour: 99_000n, updatedAtMs: startMs };
    await commit(runtime, [
      putPrice({ ...price, organisationId }),
      putPrice({ ...price, organisationId: orgId(7), model: 'L4' }),
    ]);
    const { status, body } = await call(request);
    expect(status).toBe(200);
    const of = (model: string) => body.data.find((row: { model: string }) => row.model === model);
    expect(of('T4')).toEqual({
      object: 'price',
      model: 'T4',
      price_per_hour: { amount: '99000', currency: 'usd' },
      source: 'own',
    });
    expect(of('L4')).toMatchObject({ source: 'default', price_per_hour: { amount: '390000' } });
    expect(body.data).toHaveLength(48);
  });

  it('400: refuses an unknown query parameter', async () => {
    const { call } = await marketSetup();
    const { status, body } = await call({ ...request, query: { model: 'T4' } });
    expect([status, body.code]).toEqual([400, 'request.malformed']);
  });

  it('401: refuses a request without a key', async () => {
    const { callWithoutKey } = await marketSetup();
    expect((await callWithoutKey(request)).status).toBe(401);
  });

  it('403: refuses a key without market:read', async () => {
    const { call, runtime, organisationId } = await marketSetup();
    const key = await makeKey(runtime, organisationId, 'billing');
    expect((await call({ ...request, key })).body.code).toBe('identity.forbidden');
  });
});

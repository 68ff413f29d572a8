/** PUT /v1/prices, through the whole pipeline. */
import { listPrices } from '../../shared/market/price-store.ts';
import { makeKey } from '../support/identity.ts';
import { marketSetup } from './builders.ts';

const request = (model: string, amount: string) => ({
  method: 'PUT',
  path: '/v1/prices',
  body: { model, price_per_hour: { amount, currency: 'usd' } },
});

describe('PUT /v1/prices', () => {
  it('200: sets the price, and again is the same', async () => {
    const { call, runtime, organisationId } = await marketSetup();
    for (const _ of [1, 2]) {
      const { status, body } = await call(request('RTX 4090', '450000'));
      expect(status).toBe(200);
      expect(body).toEqual({
        object: 'price',
        model: 'RTX 4090',
        price_per_hour: { amount: '450000', currency: 'usd' },
        source: 'own',
      });
    }
    expect(await listPrices(runtime.database, organisationId)).toHaveLength(1);
  });

  it('200: never overwrites a later price with an earlier one', async () => {
    const { call, runtime, organisationId } = await marketSetup();
    await call(request('T4', '200000'));
    runtime.clock.ms -= 1;
    const { status, body } = await call(request('T4', '100000'));
    expect([status, body.price_per_hour.amount]).toEqual([200, '200000']);
    expect((await listPrices(runtime.database, organisationId))[0]?.unitsPerHour).toBe(200_000n);
  });

  it.each([
    { model: 'T4' },
    { model: 'T4', price_per_hour: { amount: '1.5', currency: 'usd' } },
    { model: 'T4', price_per_hour: { amount: '0', currency: 'usd' } },
    { model: 'T4', price_per_hour: { amount: '-5', currency: 'usd' } },
    { model: 'T4', price_per_hour: { amount: 200_000, currency: 'usd' } },
    { model: 'T4', price_per_hour: { amount: '200000', currency: 'io' } },
    { model: 'T4', price_per_hour: { amount: '200000', currency: 'usd' }, until: 'tomorrow' },
  ])('400: refuses %j and changes nothing', async (body) => {
    const { call, runtime } = await marketSetup();
    const answer = await call({ method: 'PUT', path: '/v1/prices', body });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    expect(runtime.database.all('market')).toEqual([]);
  });

  it('401: refuses a request without a key', async () => {
    const { callWithoutKey } = await marketSetup();
    expect((await callWithoutKey(request('T4', '200000'))).status).toBe(401);
  });

  it('403: refuses a key without prices:write', async () => {
    const { call, runtime, organisationId } = await marketSetup();
    const key = await makeKey(runtime, organisationId, 'member');
    const { status, body } = await call({ ...request('T4', '200000'), key });
    expect([status, body.required_scope]).toEqual([403, 'prices:write']);
    expect(runtime.database.all('market')).toEqual([]);
  });

  it.each([
    ['RTX 9999', '200000', 'market.unknown_model'],
    ['T4', '999', 'market.price_out_of_bounds'],
    ['T4', '1000000001', 'market.price_out_of_bounds'],
  ])('422: refuses %s for %s micro-dollars', async (model, amount, code) => {
    const { call, runtime } = await marketSetup();
    const answer = await call(request(model, amount));
    expect([answer.status, answer.body.code]).toEqual([422, code]);
    expect(runtime.database.all('market')).toEqual([]);
  });

  it('503: says so when contention does not end', async () => {
    const { call, runtime } = await marketSetup();
    runtime.database.faultOf = (writes) => (writes[0]?.table === 'market' ? 'conflict' : 'none');
    const { status, headers } = await call(request('T4', '200000'));
    expect([status, headers['retry-after']]).toEqual([503, '1']);
  });
});

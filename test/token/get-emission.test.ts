/** GET /v1/emission, through the whole pipeline. */
import { httpFunction } from '../../functions/kit/http.ts';
import { tokenRoutes } from '../../functions/token/routes.ts';
import { emissionHours } from '../../shared/token/emission.ts';
import { callHttp } from '../support/http.ts';
import { testRuntime } from '../support/runtime.ts';

const setup = () => {
  const serve = httpFunction(testRuntime(), tokenRoutes, { keyMode: 'test' });
  return (query: Readonly<Record<string, string>>) =>
    callHttp(serve, { method: 'GET', path: '/v1/emission', query });
};

const io = (amount: string) => ({ amount, currency: 'io' });

describe('GET /v1/emission', () => {
  it('200: shows an hour with what its amount follows from, to anybody, and may be kept', async () => {
    const { status, body, headers } = await setup()({ hour: '731' });
    expect(status).toBe(200);
    expect(body).toEqual({
      object: 'emission',
      hour: 731,
      emission: io('451367511611'),
      cumulative: io('334236068356554'),
      total: io('30000000000000000'),
      month: { number: 2, amount: io('329949650987450'), hours: 731, hour_of_month: 1 },
      schedule_sha256: '461e2c1550c6bd2e06ac6426e888f04f8f5ce92470b12a9a03a9d853f81abd30',
    });
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const amount = BigInt(body.month.amount.amount);
    const [hours, place] = [BigInt(body.month.hours), BigInt(body.month.hour_of_month)];
    const told = (amount * (place + 1n)) / hours - (amount * place) / hours;
    expect(body.emission.amount).toBe(told.toString());
  });

  it('200: shows that hours after the last one emit nothing', async () => {
    const ask = setup();
    const last = await ask({ hour: String(emissionHours - 1) });
    expect([last.body.month.number, last.body.cumulative]).toEqual([240, last.body.total]);
    const after = await ask({ hour: String(emissionHours) });
    expect([after.status, after.body.emission, after.body.month]).toEqual([200, io('0'), null]);
    expect(after.body.cumulative).toEqual(after.body.total);
  });

  it.each([
    ['no hour', {}],
    ['a negative one', { hour: '-1' }],
    ['a part of one', { hour: '1.5' }],
    ['another spelling', { hour: '007' }],
    ['a time', { hour: '2026-11-22T18' }],
    ['one too large', { hour: '1000000000' }],
    ['another parameter', { hour: '1', day: '2' }],
  ])('400: refuses %s', async (_, query: Readonly<Record<string, string>>) => {
    const { status, body } = await setup()(query);
    expect([status, body.code]).toEqual([400, 'request.malformed']);
  });

  it('429: counts the requests of an address', async () => {
    const ask = setup();
    let status = 200;
    for (let asked = 0; asked < 5_000 && status === 200; asked += 1) {
      ({ status } = await ask({ hour: '0' }));
    }
    expect(status).toBe(429);
  });
});

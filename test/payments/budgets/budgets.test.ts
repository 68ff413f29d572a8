/** The endpoints of budgets: createBudget, listBudgets, getBudget, updateBudget, deleteBudget, and the forecast. */

import { hourMs } from '../../../shared/core/time.ts';
import { budgetIdOf } from '../../../shared/payments/budgets/budget.ts';
import { type Platform, rateUnits, setup } from '../../clusters/fixture.ts';

const usd = (amount: bigint | number) => ({ amount: String(amount), currency: 'usd' });
const path = '/v1/budgets';
const limit = (monthly: bigint) => ({ monthly_limit: usd(monthly) });

const made = async (platform: Platform, body: object) => {
  const answer = await platform.pay({ method: 'POST', path, body });
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
};
const keyIdOf = async (platform: Platform): Promise<string> =>
  String(
    platform.database
      .all('identity')
      .find((item) => item['organisation_id'] === platform.customerId && item['secret_hash'])?.[
      'id'
    ],
  );

describe('createBudget', () => {
  it('201 limits the organisation, and counts what was ordered before', async () => {
    const platform = await setup();
    await platform.order(2, { hours: 3 });
    const budget = await made(platform, {
      hourly_limit: usd(rateUnits * 3n),
      ...limit(10_000_000n),
    });
    expect(budget).toEqual({
      id: budgetIdOf(platform.customerId),
      object: 'budget',
      scope: 'organisation',
      api_key_id: null,
      cluster_id: null,
      hourly: { limit: usd(rateUnits * 3n), used: usd(rateUnits * 2n), left: usd(rateUnits) },
      monthly: {
        month: '2026-11',
        limit: usd(10_000_000n),
        used: usd(rateUnits * 6n),
        left: usd(10_000_000n - rateUnits * 6n),
        resets_at: '2026-12-01T00:00:00.000Z',
      },
      created_at: new Date(platform.clock.ms).toISOString(),
      updated_at: new Date(platform.clock.ms).toISOString(),
    });
  });

  it('201 limits an API key by what it ordered, and a cluster by what it may cost', async () => {
    const platform = await setup();
    const clusterId = await platform.order(1, { hours: 3 });
    const keyId = await keyIdOf(platform);
    const ofKey = await made(platform, { api_key_id: keyId, ...limit(5_000_000n) });
    expect(ofKey).toMatchObject({
      scope: 'api_key',
      api_key_id: keyId,
      hourly: null,
      monthly: { used: usd(rateUnits * 3n) },
    });
    const ofCluster = await made(platform, { cluster_id: clusterId, ...limit(rateUnits) });
    expect(ofCluster).toMatchObject({
      scope: 'cluster',
      cluster_id: clusterId,
      monthly: { used: usd(rateUnits * 3n), left: usd(0) },
    });
  });

  it('201 answers the same budget to the same wish, also when its answer was lost', async () => {
    const platform = await setup();
    const first = await made(platform, limit(5n));
    platform.minute();
    expect(await made(platform, limit(5n))).toEqual(first);
  });

  it.each([
    ['no limit', {}],
    [
      'a key and a cluster',
      { api_key_id: `key_${'0'.repeat(26)}`, cluster_id: `clu_${'0'.repeat(26)}`, ...limit(1n) },
    ],
    ['a limit below zero', { monthly_limit: { amount: '-1', currency: 'usd' } }],
    ['another currency', { monthly_limit: { amount: '1', currency: 'io' } }],
    ['an unknown field', { ...limit(1n), weekly_limit: usd(1) }],
  ])('400 refuses %s', async (_, body) => {
    const platform = await setup();
    const answer = await platform.pay({ method: 'POST', path, body });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
  });

  it('403 lets no member widen what it may spend', async () => {
    const platform = await setup();
    const key = await platform.newKey(platform.runtime, platform.customerId, 'member');
    const answer = await platform.pay({ method: 'POST', path, body: limit(1n), key });
    expect(answer).toMatchObject({ status: 403, body: { required_scope: 'budgets:write' } });
    expect((await platform.pay({ method: 'GET', path, key })).status).toBe(200);
  });

  it("404 does not know somebody else's key or cluster, nor one that is over", async () => {
    const platform = await setup();
    const clusterId = await platform.order(1);
    const keyId = await keyIdOf(platform);
    const ask = (key: string, body: object) =>
      platform.pay({ method: 'POST', path, body: { ...body, ...limit(1n) }, key });
    expect(await ask(platform.supplierKey, { api_key_id: keyId })).toMatchObject({
      status: 404,
      body: { code: 'identity.not_found' },
    });
    expect(await ask(platform.supplierKey, { cluster_id: clusterId })).toMatchObject({
      status: 404,
      body: { code: 'cluster.not_found' },
    });
    await platform.terminate(clusterId);
    await platform.release(clusterId);
    expect((await ask(platform.key, { cluster_id: clusterId })).status).toBe(404);
  });

  it('409 refuses a second one with other limits, and names the first', async () => {
    const platform = await setup();
    const { id } = await made(platform, limit(5n));
    const answer = await platform.pay({ method: 'POST', path, body: limit(6n) });
    expect(answer).toMatchObject({ status: 409, body: { code: 'budget.exists', budget_id: id } });
  });
});

describe('listBudgets and getBudget', () => {
  it('200 show all of them and one', async () => {
    const platform = await setup();
    const own = await made(platform, limit(5n));
    const ofKey = await made(platform, { api_key_id: await keyIdOf(platform), ...limit(7n) });
    const { body } = await platform.pay({ method: 'GET', path });
    expect(body.data.map(({ id }: { id: string }) => id).sort()).toEqual([own.id, ofKey.id].sort());
    const shown = await platform.pay({ method: 'GET', path: `${path}/${own.id}` });
    expect(shown).toMatchObject({ status: 200, body: own });
  });

  it('404 for one that does not exist', async () => {
    const platform = await setup();
    const id = budgetIdOf(platform.customerId);
    const answer = await platform.pay({ method: 'GET', path: `${path}/${id}` });
    expect([answer.status, answer.body.code]).toEqual([404, 'budget.not_found']);
  });
});

describe('updateBudget', () => {
  it('200 changes one limit, takes another away, leaves what it does not name', async () => {
    const platform = await setup();
    const { id } = await made(platform, { hourly_limit: usd(5), ...limit(5n) });
    platform.minute();
    const patch = (body: object) => platform.pay({ method: 'PATCH', path: `${path}/${id}`, body });
    expect((await patch({ monthly_limit: usd(9) })).body).toMatchObject({
      hourly: { limit: usd(5) },
      monthly: { limit: usd(9) },
      updated_at: new Date(platform.clock.ms).toISOString(),
    });
    expect((await patch({ hourly_limit: null })).body).toMatchObject({
      hourly: null,
      monthly: { limit: usd(9) },
    });
    const shown = await platform.pay({ method: 'GET', path: `${path}/${id}` });
    expect(shown.body).toMatchObject({ hourly: null, monthly: { limit: usd(9) } });
  });

  it('400 leaves no budget without a limit', async () => {
    const platform = await setup();
    const { id } = await made(platform, limit(5n));
    const body = { monthly_limit: null };
    const answer = await platform.pay({ method: 'PATCH', path: `${path}/${id}`, body });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
  });
});

describe('deleteBudget', () => {
  it('200 takes it away; what was counted counts for the next one', async () => {
    const platform = await setup();
    const { id } = await made(platform, limit(rateUnits));
    expect((await platform.create(await platform.quote(1))).status).toBe(402);
    const gone = await platform.pay({ method: 'DELETE', path: `${path}/${id}` });
    expect(gone).toMatchObject({ status: 200, body: { id, deleted: true } });
    expect((await platform.pay({ method: 'GET', path: `${path}/${id}` })).status).toBe(404);
    expect((await platform.pay({ method: 'GET', path })).body.data).toEqual([]);
    await platform.order(1);
    expect(await made(platform, limit(rateUnits))).toMatchObject({
      monthly: { used: usd(2n * rateUnits) },
    });
  });
});

describe('getSpendForecast', () => {
  const forecast = async (platform: Platform) =>
    (await platform.pay({ method: 'GET', path: `${path}/forecast` })).body;

  it('200 says that nothing runs', async () => {
    expect(await forecast(await setup({ credit: 5n }))).toEqual({
      object: 'spend_forecast',
      spend_per_hour: usd(0),
      available: usd(5),
      held: usd(0),
      runs_out_at: null,
      paid_until: null,
      month: { month: '2026-11', spent: usd(0), committed: usd(0), projected: usd(0) },
    });
  });

  it('200 says what is spent, reserved and to come', async () => {
    const platform = await setup({ credit: 10n * rateUnits });
    const id = await platform.order(2, { hours: 2 });
    await platform.provision(id);
    await platform.run(id, hourMs);
    platform.clock.ms += 1;
    for (let minute = 0; minute < 60; minute += 1) {
      platform.minute();
      await platform.task('settle-usage');
    }
    const { posted } = await platform.hold(id);
    expect(posted > 0n).toBe(true);
    const nowMs = platform.clock.ms;
    const rate = 2n * rateUnits;
    const restMs = Date.UTC(2026, 11, 1) - nowMs;
    const credit = 10n * rateUnits - posted;
    expect(await forecast(platform)).toMatchObject({
      spend_per_hour: usd(rate),
      available: usd(6n * rateUnits),
      held: usd(4n * rateUnits - posted),
      runs_out_at: new Date(nowMs + Number((credit * BigInt(hourMs)) / rate)).toISOString(),
      month: {
        spent: usd(posted),
        committed: usd(4n * rateUnits),
        projected: usd(posted + (rate * BigInt(restMs) + BigInt(hourMs) - 1n) / BigInt(hourMs)),
      },
    });
  });
});

/** Budgets over whole rentals: no order breaks one, every end gives back, a lowered one stops in time. */
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { budgetIdOf } from '../../shared/payments/budgets/budget.ts';
import { type Platform, rateUnits, setup } from './fixture.ts';

const usd = (amount: bigint) => ({ amount: String(amount), currency: 'usd' });

const setBudget = async (platform: Platform, body: object) => {
  const answer = await platform.pay({ method: 'POST', path: '/v1/budgets', body });
  expect(answer).toMatchObject({ status: 201 });
  return answer.body.id as string;
};
const change = (platform: Platform, id: string, body: object) =>
  platform.pay({ method: 'PATCH', path: `/v1/budgets/${id}`, body });
const budgetOf = async (platform: Platform, id: string) =>
  (await platform.pay({ method: 'GET', path: `/v1/budgets/${id}` })).body;
const running = async (platform: Platform, nodes = 1, hours = 2) => {
  const id = await platform.order(nodes, { hours });
  await platform.provision(id);
  return id;
};
const watched = (platform: Platform) =>
  platform.database.all('payments').filter(({ pk }) => pk.startsWith('WATCH#'));

/** A small generator of numbers in [0, 1), so that the conflicts follow from the seed. */
const draws = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

describe('an order beyond a budget', () => {
  it('402 says what is left, until when, and what to do; nothing is changed', async () => {
    const platform = await setup();
    const id = await setBudget(platform, { monthly_limit: usd(5n * rateUnits) });
    await platform.order(1, { hours: 4 });
    const quoteId = await platform.quote(1, { hours: 2 });
    const before = platform.database.all('clusters').length;
    const answer = await platform.create(quoteId);
    expect(answer).toMatchObject({
      status: 402,
      body: {
        code: 'budget.exceeded',
        budget_id: id,
        scope: 'organisation',
        period: '2026-11',
        limit: usd(5n * rateUnits),
        left: usd(rateUnits),
        needed: usd(2n * rateUnits),
        frees_up_at: '2026-12-01T00:00:00.000Z',
      },
    });
    expect(answer.body.suggestion).toContain(`PATCH /v1/budgets/${id}`);
    expect(platform.database.all('clusters')).toHaveLength(before);
    // The quote was not spent: with a higher limit it makes the cluster.
    await change(platform, id, { monthly_limit: usd(6n * rateUnits) });
    expect((await platform.create(quoteId)).status).toBe(201);
  });

  it('402 for the hour until the first cluster is over', async () => {
    const platform = await setup({ devices: 5 });
    await setBudget(platform, { hourly_limit: usd(2n * rateUnits) });
    await platform.order(1, { hours: 3 });
    const frees = platform.clock.ms + 3 * hourMs + 10 * minuteMs;
    const refused = await platform.create(await platform.quote(2));
    expect(refused.body).toMatchObject({
      period: 'hour',
      left: usd(rateUnits),
      frees_up_at: new Date(frees).toISOString(),
    });
    expect(await platform.create(await platform.quote(3))).toMatchObject({
      status: 402,
      body: { frees_up_at: null },
    });
    expect((await platform.create(await platform.quote(1))).status).toBe(201);
  });

  it('402 by the key that orders, not by another one', async () => {
    const platform = await setup();
    const key = await platform.newKey(platform.runtime, platform.customerId, 'member');
    const member = platform.database.all('identity').find((item) => item['role'] === 'member');
    await setBudget(platform, { api_key_id: member?.['id'], monthly_limit: usd(rateUnits) });
    expect(await platform.create(await platform.quote(1), { key })).toMatchObject({
      status: 402,
      body: { scope: 'api_key' },
    });
    expect((await platform.create(await platform.quote(1))).status).toBe(201);
  });
});

test.each([1, 2, 3])(
  'fifty orders at once do not break a budget for ten: seed %i',
  async (seed) => {
    const cap = 10n;
    const platform = await setup({ devices: 60, seed: `budget race ${seed}` });
    const id = await setBudget(platform, {
      hourly_limit: usd((cap + 3n) * rateUnits),
      monthly_limit: usd(2n * cap * rateUnits),
    });
    const quotes: string[] = [];
    for (let at = 0; at < 50; at += 1) {
      if (at % 25 === 0) platform.minute();
      quotes.push(await platform.quote(1));
    }
    const draw = draws(seed);
    let conflicts = 0;
    platform.database.faultOf = (writes) => {
      const creates = writes.some(({ table }) => table === 'market');
      if (!creates || draw() > 0.2) return 'none';
      conflicts += 1;
      return 'conflict';
    };
    let lost = 0;
    const transact = platform.database.transact.bind(platform.database);
    platform.database.transact = async (writes, token) => {
      try {
        await transact(writes, token);
      } catch (error) {
        if (writes.some(({ table }) => table === 'market')) lost += 1;
        throw error;
      }
    };
    platform.minute();
    const answers = await Promise.all(quotes.map((quoteId) => platform.create(quoteId)));
    // The race took place, in conflicts and in conditions that others had broken.
    expect(conflicts).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(conflicts);
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(Number(cap));
    expect(answers.filter(({ body }) => body.code === 'budget.exceeded').length).toBeGreaterThan(
      30,
    );
    platform.database.faultOf = () => 'none';
    expect(await budgetOf(platform, id)).toMatchObject({
      hourly: { used: usd(cap * rateUnits) },
      monthly: { used: usd(2n * cap * rateUnits), left: usd(0n) },
    });
    // Every end gives back what it did not spend, so there is room for as much again.
    for (const { body } of made) {
      await platform.terminate(body.id);
      await platform.release(body.id);
    }
    expect(await budgetOf(platform, id)).toMatchObject({
      hourly: { used: usd(0n) },
      monthly: { used: usd(0n) },
    });
    expect(await platform.brokenBooks()).toEqual([]);
  },
  60_000,
);

test('an order that races with a lower limit is held to one of the two', async () => {
  const platform = await setup();
  const id = await setBudget(platform, { monthly_limit: usd(4n * rateUnits) });
  const quoteId = await platform.quote(1);
  // The limit falls between the order's reading and its writing.
  let armed = true;
  platform.database.faultOf = (writes) => {
    if (!armed || !writes.some(({ table }) => table === 'market')) return 'none';
    armed = false;
    return 'conflict';
  };
  platform.needs.pause = async () => {
    await change(platform, id, { monthly_limit: usd(rateUnits) });
  };
  expect(await platform.create(quoteId)).toMatchObject({
    status: 402,
    body: { code: 'budget.exceeded', limit: usd(rateUnits) },
  });
});

describe('what counts', () => {
  it('is what was posted once a cluster is over, and its own budget ends with it', async () => {
    const platform = await setup();
    const id = await running(platform, 2, 4);
    const ofAll = await setBudget(platform, { monthly_limit: usd(100n * rateUnits) });
    const own = await setBudget(platform, { cluster_id: id, monthly_limit: usd(9n * rateUnits) });
    expect(await budgetOf(platform, own)).toMatchObject({ monthly: { used: usd(8n * rateUnits) } });
    await platform.run(id, 90 * minuteMs);
    await platform.terminate(id);
    await platform.release(id);
    const { posted } = await platform.hold(id);
    expect(posted).toBe(3n * rateUnits);
    expect(await budgetOf(platform, ofAll)).toMatchObject({ monthly: { used: usd(posted) } });
    const gone = await platform.pay({ method: 'GET', path: `/v1/budgets/${own}` });
    expect(gone.status).toBe(404);
  });

  it('is split where an order reaches into the next month, and returns from both', async () => {
    const platform = await setup();
    const counted = () =>
      platform.database.all('payments').find(({ pk }) => pk.endsWith(platform.customerId.slice(4)));
    const startMs = platform.clock.ms;
    const hoursLeft = BigInt((Date.UTC(2026, 11, 1) - startMs) / hourMs);
    const id = await running(platform, 1, 300);
    expect(counted()).toMatchObject({
      used_2026_11: hoursLeft * rateUnits,
      // It may begin ten minutes later.
      used_2026_12: (300n - hoursLeft) * rateUnits + rateUnits / 6n,
    });
    // A month that is over-full refuses the whole order.
    await setBudget(platform, { monthly_limit: usd(400n * rateUnits) });
    expect(await platform.create(await platform.quote(2, { hours: 299 }))).toMatchObject({
      status: 402,
      body: { period: '2026-11' },
    });
    await platform.run(id, 2 * hourMs);
    await platform.terminate(id);
    await platform.release(id);
    expect(counted()).toMatchObject({
      units_per_hour: 0n,
      used_2026_11: 2n * rateUnits,
      used_2026_12: 0n,
    });
  });
});

describe('watch-budgets', () => {
  it('looks no more at a budget that nothing can break', async () => {
    const platform = await setup();
    await running(platform);
    await setBudget(platform, { monthly_limit: usd(2n * rateUnits) });
    expect(watched(platform)).toHaveLength(1);
    expect(await platform.task('watch-budgets')).toEqual({ done: 1, failed: 0 });
    expect(watched(platform)).toEqual([]);
  });

  it('stops the newest clusters above an hourly limit, and says why and what to do', async () => {
    const platform = await setup({ devices: 4 });
    const first = await running(platform, 1);
    platform.minute();
    const second = await running(platform, 2);
    const budget = await setBudget(platform, { hourly_limit: usd(2n * rateUnits) });
    await platform.task('watch-budgets');
    expect((await platform.cluster(first)).status).toBe('running');
    expect(await platform.cluster(second)).toMatchObject({
      status: 'termination_requested',
      reason: 'budget_reached',
      terminatedByCustomer: false,
    });
    const events = `/v1/clusters/${second}/events`;
    const last = (await platform.call({ method: 'GET', path: events })).body.data.at(-1);
    expect(last).toMatchObject({
      kind: 'cluster.termination_requested',
      reason_code: 'budget_reached',
      actor: 'platform',
    });
    expect(last.evidence).toContain(`PATCH /v1/budgets/${budget}`);
    const shown = await platform.call({ method: 'GET', path: `/v1/clusters/${second}` });
    expect(shown.body.suggestion).toContain('budget');
    // Its release is the usual one: only proven time is charged, not the minimum hour.
    await platform.release(second);
    expect((await platform.hold(second)).posted).toBe(0n);
    await platform.task('watch-budgets');
    expect((await platform.cluster(first)).status).toBe('running');
    expect(watched(platform)).toEqual([]);
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it.each(['organisation', 'cluster'])(
    'lets a cluster run until the month of its %s is spent, never beyond',
    async (scope) => {
      const platform = await setup();
      const id = await running(platform, 1, 4);
      const cap = rateUnits / 2n;
      const target = scope === 'cluster' ? { cluster_id: id } : {};
      await setBudget(platform, { ...target, monthly_limit: usd(cap) });
      for (let minutes = 0; minutes < 40; minutes += 1) {
        await platform.task('watch-budgets');
        if ((await platform.cluster(id)).status !== 'running') break;
        await platform.run(id, minuteMs);
      }
      expect(await platform.cluster(id)).toMatchObject({ reason: 'budget_reached' });
      await platform.release(id);
      const { posted } = await platform.hold(id);
      expect(posted <= cap).toBe(true);
      // Not three minutes short of it.
      expect(posted > cap - (rateUnits * 3n) / 60n).toBe(true);
      await platform.task('watch-budgets');
      expect(watched(platform)).toEqual([]);
    },
  );

  it('stops what still comes up under a limit of zero', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    await setBudget(platform, { monthly_limit: usd(0n) });
    await platform.task('watch-budgets');
    expect(await platform.cluster(id)).toMatchObject({ reason: 'budget_reached' });
    await platform.release(id);
    expect(await platform.cluster(id)).toMatchObject({ status: 'terminated' });
    expect((await platform.hold(id)).state).toBe('void');
  });

  it('forgets a budget that was taken away', async () => {
    const platform = await setup();
    const id = await running(platform);
    await setBudget(platform, { monthly_limit: usd(0n) });
    const path = `/v1/budgets/${budgetIdOf(platform.customerId)}`;
    await platform.pay({ method: 'DELETE', path });
    await platform.task('watch-budgets');
    expect((await platform.cluster(id)).status).toBe('running');
    expect(watched(platform)).toEqual([]);
  });

  it('stops the others although one cannot be stopped now', async () => {
    const platform = await setup();
    const ids = [await running(platform), await running(platform)];
    await setBudget(platform, { monthly_limit: usd(0n) });
    platform.database.faultOf = (writes) =>
      writes.some(({ key }) => key.pk === `CLU#${ids[1]}`) ? 'conflict' : 'none';
    expect(await platform.task('watch-budgets')).toEqual({ done: 0, failed: 1 });
    expect(watched(platform)).toHaveLength(1);
    platform.database.faultOf = () => 'none';
    expect(await platform.task('watch-budgets')).toEqual({ done: 1, failed: 0 });
    for (const id of ids) {
      expect((await platform.cluster(id)).reason).toBe('budget_reached');
    }
  });
});

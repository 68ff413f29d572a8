/** Clusters ordered without the credit for them: 20 minutes to pay, nothing reserved, the price kept. */
import type { Write } from '../../shared/core/database.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { model, type Platform, rateUnits, setup } from './fixture.ts';

const usd = (amount: bigint) => ({ amount: String(amount), currency: 'usd' });
const needed = 4n * rateUnits;

/** An order of two nodes for two hours by a customer who has one hour's price. */
const ordered = async (platform: Platform) => {
  const quoteId = await platform.quote(2);
  const body = { quote_id: quoteId, pay_later: true };
  const answer = await platform.create(quoteId, { body });
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
};
const poor = (more: { readonly devices?: number; readonly seed?: string } = {}) =>
  setup({ credit: rateUnits, ...more });
const pay = (platform: Platform, id: string) =>
  platform.call({ method: 'POST', path: `/v1/clusters/${id}/pay`, body: {} });
const eventsOf = async (platform: Platform, id: string) =>
  (await platform.call({ method: 'GET', path: `/v1/clusters/${id}/events` })).body.data;
const dues = (platform: Platform) =>
  platform.database.all('clusters').filter(({ pk }) => pk.startsWith('DUE#'));
const expectNothingHeld = async (platform: Platform) => {
  expect((await platform.balances()).held).toEqual(usd(0n));
  for (const { id } of platform.devices) expect((await platform.device(id)).hiredBy).toBeNull();
  expect(platform.database.all('payments')).toEqual([]);
};

describe('an order that is paid later', () => {
  it('201 waits for what is missing, and says what and until when', async () => {
    const platform = await poor();
    const cluster = await ordered(platform);
    expect(cluster).toMatchObject({
      status: 'unpaid',
      status_reason: 'awaiting_payment',
      payment_due: {
        hold: usd(needed),
        until: new Date(platform.clock.ms + 20 * minuteMs).toISOString(),
      },
      lines: [{ model, price_per_hour: usd(rateUnits) }, { model }],
      progress: { nodes_alive: 0, nodes_ordered: 2 },
      cost: usd(0n),
    });
    expect(cluster.suggestion).toContain('/pay');
    await expectNothingHeld(platform);
    const [event] = await eventsOf(platform, cluster.id);
    expect(event).toMatchObject({ kind: 'cluster.unpaid', status: 'unpaid' });
    expect(event.evidence).toContain('$1.08 is missing');
    // No workflow begins.
    await platform.relay();
    expect(platform.started).toEqual([]);
  });

  it('201 begins at once where the credit suffices', async () => {
    const platform = await setup();
    const cluster = await ordered(platform);
    expect(cluster).toMatchObject({ status: 'deployment_requested', payment_due: null });
  });

  it('spends its quote, like any other', async () => {
    const platform = await poor();
    const { quote_id } = await ordered(platform);
    expect(await platform.create(quote_id)).toMatchObject({
      status: 409,
      body: { code: 'market.quote_spent' },
    });
  });

  it('402 without the wish to pay later', async () => {
    const platform = await poor();
    expect(await platform.create(await platform.quote(2))).toMatchObject({
      status: 402,
      body: { code: 'cluster.payment_required', shortfall: usd(3n * rateUnits) },
    });
  });

  it('429 counts with those that still come up', async () => {
    const platform = await poor({ devices: 2 });
    for (let at = 0; at < 20; at += 1) await ordered(platform);
    const quoteId = await platform.quote(2);
    const body = { quote_id: quoteId, pay_later: true };
    expect(await platform.create(quoteId, { body })).toMatchObject({
      status: 429,
      body: { code: 'cluster.too_many_unfinished' },
    });
  });
});

describe('payCluster', () => {
  it('200 takes the hold and the devices, at the price that was quoted, and it comes up', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    platform.clock.ms += 18 * minuteMs;
    await platform.grant(platform.customerId, 3n * rateUnits);
    // The quote itself would have expired; the price stays all the same.
    expect(await pay(platform, id)).toMatchObject({
      status: 200,
      body: { status: 'deployment_requested', status_reason: 'paid', payment_due: null },
    });
    expect((await platform.hold(id)).amount).toBe(needed);
    await platform.relay();
    expect(platform.started).toMatchObject([{ arn: 'arn:provision-cluster', name: id }]);
    await platform.provision(id);
    await platform.run(id, hourMs);
    await platform.terminate(id);
    await platform.release(id);
    expect((await platform.hold(id)).posted).toBe(2n * rateUnits);
    expect(dues(platform)).toEqual([]);
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('200 answers the same when it is paid already', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    await platform.grant(platform.customerId, 10n * rateUnits);
    await pay(platform, id);
    expect((await pay(platform, id)).status).toBe(200);
    expect((await platform.cluster(id)).version).toBe(2);
    expect((await platform.balances()).held).toEqual(usd(needed));
  });

  it('402 says what is still missing, and the cluster waits on', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    await platform.grant(platform.customerId, rateUnits);
    expect(await pay(platform, id)).toMatchObject({
      status: 402,
      body: { code: 'cluster.payment_required', shortfall: usd(2n * rateUnits) },
    });
    expect((await platform.cluster(id)).status).toBe('unpaid');
  });

  it('402 holds it to the budgets of whoever ordered it', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    await platform.grant(platform.customerId, 10n * rateUnits);
    const body = { monthly_limit: usd(rateUnits) };
    await platform.pay({ method: 'POST', path: '/v1/budgets', body });
    expect((await pay(platform, id)).body.code).toBe('budget.exceeded');
    expect(await platform.task('reconcile-clusters')).toMatchObject({ failed: 0 });
    expect((await platform.cluster(id)).status).toBe('unpaid');
  });

  it('409 when others have the devices meanwhile; nothing was reserved', async () => {
    const platform = await poor({ devices: 2 });
    const { id } = await ordered(platform);
    await platform.grant(platform.customerId, 10n * rateUnits);
    const other = await platform.order(1);
    expect(await pay(platform, id)).toMatchObject({
      status: 409,
      body: { code: 'cluster.no_capacity' },
    });
    await platform.terminate(other);
    await platform.release(other);
    expect((await pay(platform, id)).status).toBe(200);
  });

  it('409 once the time to pay is over, whoever looks first', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    await platform.grant(platform.customerId, 10n * rateUnits);
    platform.clock.ms += 20 * minuteMs;
    expect((await pay(platform, id)).body.code).toBe('cluster.wrong_status');
    await platform.task('expire-clusters');
    expect((await pay(platform, id)).body.code).toBe('cluster.wrong_status');
    await expectNothingHeld(platform);
  });
});

describe('credit that comes in time', () => {
  it('lets the cluster go on by itself within a minute', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    expect(await platform.task('reconcile-clusters')).toMatchObject({ failed: 0 });
    expect((await platform.cluster(id)).status).toBe('unpaid');
    await platform.grant(platform.customerId, 3n * rateUnits);
    await platform.task('reconcile-clusters');
    expect(await platform.cluster(id)).toMatchObject({
      status: 'deployment_requested',
      reason: 'paid',
    });
    expect((await eventsOf(platform, id)).at(-1)).toMatchObject({ actor: 'platform' });
    await platform.provision(id);
  });

  it('is held once, however many pay at the same time', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    await platform.grant(platform.customerId, 50n * rateUnits);
    const pays = Array.from({ length: 8 }, () => pay(platform, id));
    const all = await Promise.all([...pays, platform.task('reconcile-clusters')]);
    for (const answer of all)
      expect(answer).toMatchObject('status' in answer ? { status: 200 } : {});
    expect((await platform.balances()).held).toEqual(usd(needed));
    expect((await platform.cluster(id)).version).toBe(2);
    const hired = await Promise.all(platform.devices.map((each) => platform.device(each.id)));
    expect(hired.filter(({ hiredBy }) => hiredBy === id)).toHaveLength(2);
  });

  it('serves as many of several clusters as it suffices for', async () => {
    const platform = await poor({ devices: 6 });
    const ids = [];
    for (let at = 0; at < 3; at += 1) ids.push((await ordered(platform)).id);
    await platform.grant(platform.customerId, 8n * rateUnits);
    expect(await platform.task('reconcile-clusters')).toMatchObject({ failed: 0 });
    const statuses = await Promise.all(ids.map(async (id) => (await platform.cluster(id)).status));
    expect(statuses.sort()).toEqual(['deployment_requested', 'deployment_requested', 'unpaid']);
    expect(await platform.brokenBooks()).toEqual([]);
  });
});

describe('a cluster that is not paid', () => {
  it('is destroyed after 20 minutes, says what was missing, and costs nothing', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    platform.clock.ms += 20 * minuteMs - 1;
    await platform.task('expire-clusters');
    expect((await platform.cluster(id)).status).toBe('unpaid');
    platform.clock.ms += 1;
    await platform.task('expire-clusters');
    const shown = await platform.call({ method: 'GET', path: `/v1/clusters/${id}` });
    expect(shown.body).toMatchObject({
      status: 'destroyed',
      status_reason: 'payment_timed_out',
      closed_at: new Date(platform.clock.ms).toISOString(),
    });
    const last = (await eventsOf(platform, id)).at(-1);
    expect(last).toMatchObject({ kind: 'cluster.destroyed', reason_code: 'payment_timed_out' });
    expect(last.evidence).toContain('$1.08');
    expect(dues(platform)).toEqual([]);
    const items = platform.database.all('clusters');
    expect(items.filter((item) => item['live_pk'] !== undefined)).toEqual([]);
    // Nothing is left to release.
    await platform.relay();
    expect(platform.started).toEqual([]);
    await expectNothingHeld(platform);
    expect(await platform.invoices()).toEqual([]);
  });

  it('can be given up by its customer, which is no cancellation', async () => {
    const platform = await poor();
    for (let at = 0; at < 4; at += 1) {
      const { id } = await ordered(platform);
      expect(await platform.terminate(id)).toMatchObject({
        status: 200,
        body: { status: 'destroyed' },
      });
      expect((await platform.terminate(id)).status).toBe(200);
      expect((await pay(platform, id)).body.code).toBe('cluster.wrong_status');
    }
    expect(dues(platform)).toEqual([]);
  });

  it('is either paid or destroyed when both are tried at the last moment', async () => {
    const platform = await poor();
    const { id } = await ordered(platform);
    await platform.grant(platform.customerId, 10n * rateUnits);
    platform.clock.ms += 20 * minuteMs - 1;
    const paying = pay(platform, id);
    platform.clock.ms += 1;
    await Promise.all([paying, platform.task('expire-clusters')]);
    const { status } = await platform.cluster(id);
    const held = (await platform.balances()).held;
    expect(held).toEqual(usd(status === 'destroyed' ? 0n : needed));
    expect(await platform.brokenBooks()).toEqual([]);
  });
});

class Death extends Error {}

const isFact = ({ table, key }: Write): boolean =>
  ['clusters', 'ledger', 'devices', 'market', 'payments'].includes(table) ||
  key.pk.startsWith('IDEMPOTENCY#');

/** The whole way; every part may be repeated. */
const way = async (platform: Platform, quoteId: string, end: 'paid' | 'destroyed') => {
  const body = { quote_id: quoteId, pay_later: true };
  const headers = { 'idempotency-key': 'the-order' };
  const made = await platform.create(quoteId, { body, headers });
  if (made.status !== 201) throw new Death();
  const { id } = made.body;
  if (end === 'destroyed') {
    platform.clock.ms += 20 * minuteMs;
    if ((await platform.task('expire-clusters')).failed > 0) throw new Death();
    return id;
  }
  if ((await platform.balances()).available.amount === String(rateUnits)) {
    await platform.grant(platform.customerId, 10n * rateUnits);
  }
  if ((await pay(platform, id)).status !== 200) throw new Death();
  return id;
};

describe.each(['death', 'lost_answer', 'conflict'] as const)('a %s at any write', (blow) => {
  it.each(['paid', 'destroyed'] as const)('leaves it %s once', async (end) => {
    for (let n = 1; ; n += 1) {
      const platform = await poor({ seed: `${blow} ${n}` });
      const quoteId = await platform.quote(2);
      let count = 0;
      let state: 'alive' | 'dead' | 'struck' = 'alive';
      platform.database.faultOf = (writes) => {
        if (state === 'dead') throw new Death();
        // What the operator gives is not part of the way.
        const grants = writes.some(({ key }) => /^T#grant|exp:grant/.test(key.pk));
        if (state === 'struck' || grants || !writes.some(isFact)) return 'none';
        count += 1;
        if (count !== n) return 'none';
        state = blow === 'death' ? 'dead' : 'struck';
        if (blow === 'death') throw new Death();
        return blow;
      };
      let id: string | undefined;
      try {
        id = await way(platform, quoteId, end);
      } catch (error) {
        if (state === 'alive') throw error;
      }
      const struck = state !== 'alive';
      if (id === undefined) {
        state = 'struck';
        platform.clock.ms += 31_000;
        id = await way(platform, quoteId, end);
      }
      const cluster = await platform.cluster(id ?? '');
      expect(cluster.version).toBe(2);
      expect(dues(platform)).toHaveLength(end === 'paid' ? 1 : 0);
      expect((await platform.balances()).held).toEqual(usd(end === 'paid' ? needed : 0n));
      expect(cluster.status).toBe(end === 'paid' ? 'deployment_requested' : 'destroyed');
      expect(await platform.brokenBooks()).toEqual([]);
      if (!struck) {
        expect(n).toBeGreaterThan(3);
        return;
      }
    }
  });
});

/** What a dispute and a warning of fraud do to what runs, and to what is ordered at the same time. */
import type { Write } from '../../shared/core/database.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { dollar, rented, rightBefore } from '../payments/cards/rented-by-card.ts';
import { rateUnits } from './fixture.ts';

/** Of an order, or of the payment of what waited. */
const isOrder = (writes: readonly Write[]) =>
  writes.some(({ key }) => key.pk.startsWith('COMMITMENT#'));
const isFreeze = (writes: readonly Write[]) => writes.some(({ key }) => key.pk === 'CARD_FREEZES');

describe('a dispute', () => {
  it('stops what runs and what comes up, says why, and charges the proven time alone', async () => {
    const { platform, service, running, create, dispute, show, watched } = await rented();
    const first = await running();
    await platform.run(first, 30 * minuteMs);
    const second = (await create()).body.id;
    await dispute();
    await service.settle();
    await platform.task('watch-budgets');
    for (const id of [first, second]) {
      expect(await platform.cluster(id)).toMatchObject({
        status: 'termination_requested',
        reason: 'payment_disputed',
        terminatedByCustomer: false,
      });
      const last = (await show(id, '/events')).data.at(-1);
      expect(last).toMatchObject({ reason_code: 'payment_disputed', actor: 'platform' });
      expect(last.evidence).toContain('disputed');
      expect((await show(id)).suggestion).toContain('operator');
    }
    // The holds stay until what is proven is settled; nothing more is taken, not the minimum hour.
    expect((await platform.hold(first)).state).toBe('open');
    await platform.release(first);
    await platform.release(second);
    expect(await platform.hold(first)).toMatchObject({ state: 'closed', posted: rateUnits / 2n });
    expect(await platform.hold(second)).toMatchObject({ state: 'void' });
    await platform.task('watch-budgets');
    expect(watched()).toEqual([]);
    // What was held came back, and paid the debt.
    const { available, owed } = await service.balances();
    expect(available).toBe(0n);
    expect(owed).toBe(rateUnits / 2n + 880_000n);
    await service.check();
  });

  it('403 refuses orders, also such as would wait for payment, in words for the customer', async () => {
    const { platform, service, create, dispute } = await rented();
    await dispute();
    await service.settle();
    const clusters = platform.database.all('clusters').length;
    for (const more of [{}, { pay_later: true }]) {
      const refused = await create(more);
      expect(refused).toMatchObject({
        status: 403,
        body: { code: 'cluster.payments_frozen', reason: 'dispute' },
      });
      expect(refused.body.detail).toContain('disputed');
      expect(refused.body.suggestion).toContain('operator');
    }
    expect(platform.database.all('clusters')).toHaveLength(clusters);
  });

  it('that is won gives the credit back and lifts nothing', async () => {
    const { service, create, dispute, frozen } = await rented();
    const id = await dispute();
    await service.settle();
    await service.control.closeDispute({ id, won: true });
    await service.settle();
    expect((await service.balances()).available).toBe(20n * dollar);
    expect((await frozen()).body).toMatchObject({ status: 'frozen', case_ids: [id] });
    expect((await create()).body.code).toBe('cluster.payments_frozen');
  });

  it('stops the others although one cannot be stopped now', async () => {
    const { platform, service, running, dispute } = await rented();
    const ids = [await running(), await running()];
    await dispute();
    await service.settle();
    platform.database.faultOf = (writes) =>
      writes.some(({ key }) => key.pk === `CLU#${ids[1]}`) ? 'conflict' : 'none';
    expect(await platform.task('watch-budgets')).toEqual({ done: 0, failed: 1 });
    expect((await platform.cluster(ids[0] ?? '')).reason).toBe('payment_disputed');
    platform.database.faultOf = () => 'none';
    expect(await platform.task('watch-budgets')).toEqual({ done: 1, failed: 0 });
    expect((await platform.cluster(ids[1] ?? '')).reason).toBe('payment_disputed');
  });

  it('stops a cluster that an index does not show yet, with the next run', async () => {
    const { platform, service, running, dispute, watched } = await rented();
    const id = await running();
    await dispute();
    await service.settle();
    const query = platform.database.query.bind(platform.database);
    platform.database.query = async (table, wanted) =>
      wanted.index === 'by_owner' ? { items: [], next: undefined } : query(table, wanted);
    await platform.task('watch-budgets');
    expect((await platform.cluster(id)).status).toBe('running');
    expect(watched()).toHaveLength(1);
    platform.database.query = query;
    await platform.task('watch-budgets');
    expect((await platform.cluster(id)).reason).toBe('payment_disputed');
  });

  it('freezes and stops wherever the process dies, and whatever answer it loses', async () => {
    let deaths = 0;
    for (const fault of ['lost_request', 'lost_answer'] as const) {
      for (let at = 1; ; at += 1) {
        const all = await rented();
        const { platform, service, running, dispute, frozen } = all;
        const id = await running();
        const caseId = await dispute();
        await service.control.settled();
        const told = [...service.messages];
        let writes = 0;
        platform.database.faultOf = () => {
          writes += 1;
          if (writes < at) return 'none';
          return writes === at ? fault : 'lost_request';
        };
        const failed = await service.settle();
        platform.database.faultOf = () => 'none';
        if (writes < at) break;
        deaths += 1;
        expect(failed).toBeGreaterThan(0);
        service.messages.push(...told);
        expect(await service.settle()).toBe(0);
        expect((await frozen()).body).toMatchObject({ reason: 'dispute', case_ids: [caseId] });
        await platform.task('watch-budgets');
        expect((await platform.cluster(id)).reason).toBe('payment_disputed');
        await service.check();
      }
    }
    // The freeze, the dispute, the provider's fee, the notes and the mark: each was tried both ways.
    expect(deaths).toBeGreaterThanOrEqual(8);
  }, 60_000);
});

describe('a warning of fraud', () => {
  it('refuses what would be new and lets run what runs', async () => {
    const { platform, running, create, warn, frozen, paymentIntent, watched } = await rented();
    const id = await running();
    await warn();
    const refused = await create();
    expect(refused.body).toMatchObject({ reason: 'fraud_warning' });
    expect(refused.body.detail).toContain('warned of fraud');
    await platform.task('watch-budgets');
    expect((await platform.cluster(id)).status).toBe('running');
    expect(watched()).toEqual([]);
    expect((await frozen()).body).toMatchObject({
      reason: 'fraud_warning',
      case_ids: [paymentIntent],
    });
  });

  it('becomes a dispute when one follows, which stops what runs', async () => {
    const { platform, service, running, warn, dispute, frozen, paymentIntent } = await rented();
    const id = await running();
    await warn();
    const caseId = await dispute();
    await service.settle();
    await platform.task('watch-budgets');
    expect((await platform.cluster(id)).reason).toBe('payment_disputed');
    expect((await frozen()).body).toMatchObject({
      reason: 'dispute',
      case_ids: [paymentIntent, caseId],
    });
  });

  it('keeps an unpaid cluster unpaid, until it is lifted', async () => {
    const { platform, create, warn, lift, pay, paymentIntent, organisationId } = await rented({
      credit: dollar / 2n,
    });
    const { body } = await create({ pay_later: true });
    expect(body.status).toBe('unpaid');
    await warn();
    // A grant brings the missing credit; cards are not asked.
    await platform.grant(organisationId, dollar);
    expect((await pay(body.id)).body.code).toBe('cluster.payments_frozen');
    expect(await platform.task('reconcile-clusters')).toEqual({ done: 1, failed: 0 });
    expect((await platform.cluster(body.id)).status).toBe('unpaid');
    expect((await lift([paymentIntent])).status).toBe(200);
    await platform.task('reconcile-clusters');
    expect((await platform.cluster(body.id)).status).toBe('deployment_requested');
  });
});

describe('an order against a freeze', () => {
  it.each(['without a budget', 'with a budget'])(
    'is refused when the freeze was committed after the order had read, %s',
    async (how) => {
      const all = await rented();
      const { platform, create, warn, key } = all;
      if (how === 'with a budget') {
        const body = { monthly_limit: { amount: String(dollar), currency: 'usd' } };
        const made = await platform.pay({ method: 'POST', path: '/v1/budgets', key, body });
        expect(made.status).toBe(201);
      }
      // A warning moves no money: nothing but the freeze stands in the order's way.
      const happened = rightBefore(all, isOrder, warn);
      const clusters = platform.database.all('clusters').length;
      expect((await create()).body.code).toBe('cluster.payments_frozen');
      expect(happened()).toBe(true);
      expect(platform.database.all('clusters')).toHaveLength(clusters);
    },
  );

  it('finds nothing to spend between the freeze and the posting of the dispute', async () => {
    const all = await rented();
    const { platform, service, create, dispute, frozen } = all;
    await dispute();
    let seen: unknown;
    const happened = rightBefore(
      all,
      (writes) => writes.some(({ key }) => key.pk.startsWith('T#stripe:dp:')),
      async () => {
        expect((await service.balances()).available).toBe(20n * dollar);
        seen = (await create()).body.code;
      },
    );
    expect(await service.settle()).toBe(0);
    expect([happened(), seen]).toEqual([true, 'cluster.payments_frozen']);
    expect((await frozen()).body.status).toBe('frozen');
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('is stopped when it was committed after the freeze had read', async () => {
    const all = await rented();
    const { platform, service, create, dispute } = all;
    await dispute();
    let made = '';
    const happened = rightBefore(all, isFreeze, async () => {
      const { body } = await create();
      made = body.id;
    });
    expect(await service.settle()).toBe(0);
    expect(happened()).toBe(true);
    await platform.task('watch-budgets');
    expect((await platform.cluster(made)).reason).toBe('payment_disputed');
    await platform.release(made);
    await service.check();
  });

  it('is refused as well when it pays what waited for credit', async () => {
    const all = await rented({ credit: dollar / 2n });
    const { platform, service, create, dispute, pay, organisationId } = all;
    const { body } = await create({ pay_later: true });
    await platform.grant(organisationId, 100n * dollar);
    await dispute();
    const happened = rightBefore(all, isOrder, () => service.settle());
    expect((await pay(body.id)).body.code).toBe('cluster.payments_frozen');
    expect(happened()).toBe(true);
    expect((await platform.cluster(body.id)).status).toBe('unpaid');
  });
});

/** Saved cards and automatic top-ups, through Stripe's own client. */
import { topUpAutomatically } from '../../functions/payments/top-up-automatically.schedule.ts';
import { visitPayPage } from '../../local/stripe/hosted/visitor.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { cardService } from './card-service.ts';

const dollar = 1_000_000n;
const usd = (units: bigint) => ({ amount: units.toString(), currency: 'usd' });

/** A service whose organisation has saved a card. */
const withCard = async (number?: string) => {
  const service = await cardService();
  const { body } = await service.call('POST', '/v1/payment-methods', {
    body: { success_url: 'https://console.test/cards' },
  });
  await visitPayPage(body.url, number === undefined ? {} : { number });
  const { body: list } = await service.call('GET', '/v1/payment-methods');
  return { ...service, card: list.data[0].id as string, list };
};

type WithCard = Awaited<ReturnType<typeof withCard>>;

const payWith = ({ call }: WithCard, card: string) =>
  call('POST', '/v1/top-ups', {
    body: {
      amount: usd(10n * dollar),
      payment_method_id: card,
      success_url: 'https://console.test/paid',
    },
  });

const setAuto = ({ call }: WithCard, card: string, more: object = {}) =>
  call('PUT', '/v1/auto-top-up', {
    body: {
      enabled: true,
      threshold: usd(5n * dollar),
      amount: usd(10n * dollar),
      payment_method_id: card,
      monthly_max: usd(35n * dollar),
      ...more,
    },
  });

/** Spends what is there, as clusters do. */
const runTask = ({ needs }: WithCard) => topUpAutomatically(needs);

describe('a saved card', () => {
  it('is saved without paying, shown without its number, and pays at once', async () => {
    const service = await withCard();
    expect(service.list.data).toEqual([
      expect.objectContaining({
        object: 'payment_method',
        type: 'card',
        brand: 'visa',
        last4: '4242',
      }),
    ]);
    const paid = await payWith(service, service.card);
    expect(paid).toMatchObject({
      status: 201,
      body: { status: 'succeeded', source: 'saved_card' },
    });
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
    await service.check();
  });

  it('that is refused leaves a failed top-up with the reason, and no credit', async () => {
    const service = await withCard();
    await service.control.setNextOutcomes([
      { outcome: 'declined', declineCode: 'insufficient_funds' },
    ]);
    const refused = await payWith(service, service.card);
    expect(refused.body).toMatchObject({
      status: 'failed',
      failure: { code: 'card_declined', decline_code: 'insufficient_funds' },
    });
    expect(await service.balances()).toMatchObject({ available: 0n });
    await service.check();
  });

  it('that its holder has to confirm leads to the page where that is done', async () => {
    const service = await withCard();
    await service.control.setNextOutcomes([{ outcome: 'authentication_required' }]);
    const { body } = await payWith(service, service.card);
    expect(body.status).toBe('action_required');
    await visitPayPage(body.url);
    await service.settle();
    expect(await service.showTopUp(body.id)).toMatchObject({ status: 'succeeded' });
    await service.check();
  });

  it('of somebody else is unknown', async () => {
    const service = await withCard();
    const stranger = await service.dashboard.customers.create({ name: 'Other' });
    const other = await service.dashboard.paymentMethods.attach('pm_card_visa', {
      customer: stranger.id,
    });
    expect((await service.call('DELETE', `/v1/payment-methods/${other.id}`)).status).toBe(404);
    expect((await setAuto(service, other.id)).body).toMatchObject({ code: 'card.not_found' });
    expect((await payWith(service, other.id)).status).toBe(422);
    expect(await service.balances()).toMatchObject({ available: 0n });
  });

  it('can be forgotten, and with it what tops up by it', async () => {
    const service = await withCard();
    await setAuto(service, service.card);
    const gone = await service.call('DELETE', `/v1/payment-methods/${service.card}`);
    expect(gone).toMatchObject({ status: 200, body: { deleted: true } });
    expect((await service.call('GET', '/v1/payment-methods')).body.data).toEqual([]);
    expect((await service.call('GET', '/v1/auto-top-up')).body.enabled).toBe(false);
    expect(await runTask(service)).toEqual({ done: 0, failed: 0 });
  });
});

describe('an automatic top-up', () => {
  it('charges once however many runs see the low balance at once', async () => {
    const service = await withCard();
    expect((await setAuto(service, service.card)).status).toBe(200);
    const runs = await Promise.all(Array.from({ length: 8 }, () => runTask(service)));
    expect(runs.every(({ failed }) => failed === 0)).toBe(true);
    await service.settle();
    expect((await service.control.totals()).captured).toBe(1059);
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
    await runTask(service);
    expect((await service.control.totals()).payments).toHaveLength(1);
    await service.check();
  });

  it('is not begun again after a run that died between the charge and its note', async () => {
    const service = await withCard();
    await setAuto(service, service.card);
    await service.control.dropAnswers({ method: 'POST', path: '/v1/payment_intents', times: 9 });
    await runTask(service);
    await runTask(service);
    await runTask(service);
    expect((await service.control.totals()).payments).toHaveLength(1);
    await service.settle();
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
    await service.check();
  });

  it('stops at the cap of the month and begins again in the next', async () => {
    const service = await withCard();
    await setAuto(service, service.card, { threshold: usd(9_000n * dollar), per_day_max: 20 });
    for (let run = 0; run < 6; run += 1) {
      await runTask(service);
      await service.settle();
    }
    expect((await service.control.totals()).payments).toHaveLength(3);
    service.runtime.clock.ms += 10 * 24 * hourMs;
    await runTask(service);
    expect((await service.control.totals()).payments).toHaveLength(4);
    await service.check();
  });

  it('stops at so many a day', async () => {
    const service = await withCard();
    await setAuto(service, service.card, { threshold: usd(9_000n * dollar), per_day_max: 2 });
    for (let run = 0; run < 4; run += 1) await runTask(service);
    expect((await service.control.totals()).payments).toHaveLength(2);
    await service.check();
  });

  it('waits longer after each refusal, then switches itself off and says why', async () => {
    const service = await withCard();
    await setAuto(service, service.card);
    const refuse = () => service.control.setNextOutcomes([{ outcome: 'declined' }]);
    for (const waitMs of [hourMs, 6 * hourMs, 24 * hourMs]) {
      await refuse();
      await runTask(service);
      const { body } = await service.call('GET', '/v1/auto-top-up');
      expect(Date.parse(body.next_try_at)).toBe(service.runtime.clock.ms + waitMs);
      service.runtime.clock.ms += waitMs - minuteMs;
      const before = (await service.control.requests()).length;
      await runTask(service);
      expect((await service.control.requests()).length).toBe(before);
      service.runtime.clock.ms += minuteMs;
    }
    await refuse();
    await runTask(service);
    const { body } = await service.call('GET', '/v1/auto-top-up');
    expect(body).toMatchObject({ stopped_reason: 'card_declined', pending_top_up_id: null });
    await service.check();
  });

  it('that needs its holder stops, gives no credit, and leads to where it is confirmed', async () => {
    const service = await withCard();
    await setAuto(service, service.card);
    await service.control.setNextOutcomes([{ outcome: 'authentication_required' }]);
    await runTask(service);
    await service.settle();
    const { body } = await service.call('GET', '/v1/auto-top-up');
    expect(body.stopped_reason).toBe('action_required');
    expect(await service.balances()).toMatchObject({ available: 0n });
    const { body: list } = await service.call('GET', '/v1/top-ups');
    expect(list.data[0]).toMatchObject({ status: 'action_required', source: 'automatic' });
    await service.check();
  });
});

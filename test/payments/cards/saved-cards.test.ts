/** Saved cards and automatic top-ups, through Stripe's own client. */
import { topUpAutomatically } from '../../../functions/payments/cards/top-up-automatically.schedule.ts';
import { visitPayPage } from '../../../local/stripe/hosted/visitor.ts';
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import { findLinked } from '../../../shared/identity/link-store.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
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

it('a card that paid for two organisations links them, and no other one', async () => {
  const { call, runtime, settle, organisationId } = await cardService();
  const others = await Promise.all(
    ['Same card', 'Another card'].map((name) => makeOrganisation(runtime, name)),
  );
  const [same = '', different = ''] = others;
  for (const [organisation, number] of [
    [organisationId, '4242424242424242'],
    [same, '4242424242424242'],
    [different, '5555555555554444'],
  ] as const) {
    const made = await call('POST', '/v1/top-ups', {
      key: await makeKey(runtime, organisation as `org_${string}`),
      body: { amount: usd(10n * dollar), success_url: 'https://console.test/paid' },
    });
    await visitPayPage(made.body.url, { number });
  }
  await settle();
  expect(await findLinked(runtime.database, organisationId, others)).toEqual(new Set([same]));
});

describe('a saved card', () => {
  it('is saved without paying, shown without its number, and pays once its holder is known', async () => {
    const service = await withCard();
    expect(service.list.data).toEqual([
      expect.objectContaining({
        object: 'payment_method',
        type: 'card',
        brand: 'visa',
        last4: '4242',
      }),
    ]);
    // The issuer of a card that pays for the first time here is asked to authenticate its holder.
    const begun = await payWith(service, service.card);
    expect(begun).toMatchObject({
      status: 201,
      body: { status: 'action_required', source: 'saved_card' },
    });
    await visitPayPage(begun.body.url);
    await service.settle();
    expect(await service.showTopUp(begun.body.id)).toMatchObject({ status: 'succeeded' });
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

  it('that is refused counts as a try, and so does each page on which a card is saved', async () => {
    const service = await withCard();
    for (let tries = 0; tries < 9; tries += 1) {
      await service.control.setNextOutcomes([{ outcome: 'declined' }]);
      expect((await payWith(service, service.card)).body.status).toBe('failed');
    }
    const body = { success_url: 'https://console.test/cards' };
    for (const refused of [
      await payWith(service, service.card),
      await service.call('POST', '/v1/payment-methods', { body }),
    ]) {
      expect(refused).toMatchObject({ status: 429, body: { code: 'top_up.limit_reached' } });
    }
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
    expect((await payWith(service, other.id)).body).toMatchObject({ code: 'card.not_found' });
    expect((await service.call('GET', '/v1/top-ups')).body.data).toEqual([]);
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

  it('that needs its holder stops and gives no credit', async () => {
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

describe('an automatic top-up that was begun and not heard of', () => {
  const pay = { method: 'POST', path: '/v1/payment_intents' };

  /** The provider was away when it was to be charged, or (`paid`) its answers were lost. */
  const begun = async (paid: boolean) => {
    const service = await withCard();
    await setAuto(service, service.card, { threshold: usd(50n * dollar) });
    await service.control.drop({ types: ['payment_intent.*', 'charge.*'] });
    const faults = { ...pay, times: 3 };
    if (paid) await service.control.dropAnswers(faults);
    else await service.control.failRequests({ ...faults, status: 500 });
    expect(await runTask(service)).toEqual({ done: 0, failed: 1 });
    await service.control.clearRules();
    const { body } = await service.call('GET', '/v1/auto-top-up');
    const id = body.pending_top_up_id as string;
    const payments = async () => (await service.control.totals()).payments.length;
    expect(await payments()).toBe(paid ? 1 : 0);
    return { ...service, id, payments };
  };

  /** Runs once more; the top-up has ended one way or the other. */
  const end = async (service: Awaited<ReturnType<typeof begun>>) => {
    expect(await runTask(service)).toEqual({ done: 1, failed: 0 });
    const { body: auto } = await service.call('GET', '/v1/auto-top-up');
    const payments = await service.payments();
    await service.check();
    return { topUp: await service.showTopUp(service.id), auto, payments };
  };

  it('is paid with the card of its beginning, whichever is set by now', async () => {
    const service = await begun(true);
    const { body: page } = await service.call('POST', '/v1/payment-methods', {
      body: { success_url: 'https://console.test/cards' },
    });
    await visitPayPage(page.url, { number: '5555555555554444' });
    const { body: cards } = await service.call('GET', '/v1/payment-methods');
    const other = cards.data.find((card: { id: string }) => card.id !== service.card).id;
    expect((await setAuto(service, other)).status).toBe(200);
    const { topUp, auto, payments } = await end(service);
    expect({ topUp, payments }).toMatchObject({ topUp: { status: 'succeeded' }, payments: 1 });
    expect(auto).toMatchObject({ pending_top_up_id: null, payment_method_id: other });
  });

  const off = (service: WithCard) => setAuto(service, service.card, { enabled: false });
  const forgotten = ({ call, card }: WithCard) => call('DELETE', `/v1/payment-methods/${card}`);
  const halfADay = async ({ runtime }: WithCard) => {
    runtime.clock.ms += 12 * hourMs + minuteMs;
  };
  const obstacles = [
    ['switched off', off, 'auto_top_up_off'],
    ['without its card', forgotten, 'auto_top_up_off'],
    ['too old', halfADay, 'given_up'],
  ] as const;

  it.each(obstacles)('is not charged any more: %s', async (_, hinder, code) => {
    const service = await begun(false);
    await hinder(service);
    const { topUp, auto, payments } = await end(service);
    expect({ topUp, payments }).toMatchObject({
      topUp: { status: 'failed', failure: { code } },
      payments: 0,
    });
    expect(auto).toMatchObject({ pending_top_up_id: null, stopped_reason: null });
  });

  it.each(obstacles)('is credited where the provider has its payment: %s', async (_, hinder) => {
    const service = await begun(true);
    await hinder(service);
    const { topUp, payments } = await end(service);
    expect({ topUp, payments }).toMatchObject({ topUp: { status: 'succeeded' }, payments: 1 });
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
  });

  it.each([false, true])('of frozen cards is not charged: paid already is %s', async (paid) => {
    const service = await begun(paid);
    const other = await service.topUp(5n * dollar);
    await service.control.warnOfFraud({ paymentIntent: await service.paymentOf(other) });
    await service.settle();
    const { topUp, payments } = await end(service);
    expect(payments).toBe(paid ? 2 : 1);
    expect(topUp).toMatchObject(
      paid ? { status: 'succeeded' } : { status: 'failed', failure: { code: 'card_frozen' } },
    );
  });
});

describe('a top-up that its holder has to confirm', () => {
  const alwaysAsks = '4000002760003184';
  const paidUrl = 'https://console.test/paid';

  /** An automatic top-up that the bank refused because nobody was there. */
  const refused = async (number = alwaysAsks) => {
    const service = await withCard(number);
    await setAuto(service, service.card, { threshold: usd(20n * dollar) });
    if (number !== alwaysAsks) {
      await service.control.setNextOutcomes([{ outcome: 'authentication_required' }]);
    }
    await runTask(service);
    await service.settle();
    const { body } = await service.call('GET', '/v1/top-ups');
    const { id } = body.data[0];
    expect(body.data[0]).toMatchObject({ status: 'action_required', url: null });
    const confirm = (request: Parameters<typeof service.call>[2] = {}) =>
      service.call('POST', `/v1/top-ups/${id}/confirm`, {
        body: { success_url: paidUrl },
        ...request,
      });
    return { ...service, id: id as string, confirm };
  };

  it('is paid once they have, with the same payment and card, however often they ask', async () => {
    const service = await refused();
    const first = await service.confirm();
    expect(first).toMatchObject({
      status: 200,
      body: { id: service.id, status: 'action_required' },
    });
    expect(await service.balances()).toMatchObject({ available: 0n });
    const again = await service.confirm();
    expect(again.body).toEqual(first.body);
    const { location } = await visitPayPage(first.body.url);
    expect(location).toContain(paidUrl);
    await service.settle();
    const paid = await service.showTopUp(service.id);
    expect(paid).toMatchObject({ status: 'succeeded', url: null, source: 'automatic' });
    expect((await service.confirm()).body).toEqual(paid);
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
    expect((await service.control.totals()).payments).toHaveLength(1);
    const confirmations = (await service.control.requests()).filter(({ path }) =>
      path.endsWith('/confirm'),
    );
    expect(confirmations).toHaveLength(1);
    await service.check();
  });

  it('is paid at once where the bank asks nobody', async () => {
    const service = await refused('4242424242424242');
    const { body } = await service.confirm();
    expect(body).toMatchObject({ status: 'succeeded', url: null, failure: null });
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
    await service.check();
  });

  it('is paid once by two of them at once', async () => {
    const service = await refused('4242424242424242');
    const answers = await Promise.all([1, 2, 3].map(() => service.confirm()));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await service.settle();
    expect(await service.showTopUp(service.id)).toMatchObject({ status: 'succeeded' });
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
    await service.check();
  });

  it('leads to the same page after an answer of the provider’s was lost', async () => {
    const service = await refused();
    const [intent] = (await service.dashboard.paymentIntents.list()).data;
    const path = `/v1/payment_intents/${intent?.id}/confirm`;
    await service.control.dropAnswers({ method: 'POST', path, times: 3 });
    expect(await service.confirm()).toMatchObject({
      status: 503,
      body: { code: 'card.provider_unavailable' },
    });
    const { body } = await service.confirm();
    expect(body).toMatchObject({ status: 'action_required' });
    await visitPayPage(body.url);
    await service.settle();
    expect(await service.balances()).toMatchObject({ available: 10n * dollar });
    expect((await service.control.totals()).payments).toHaveLength(1);
    await service.check();
  });

  it('fails when they do not pass their bank’s step, and cannot be confirmed again', async () => {
    const service = await refused();
    const { body } = await service.confirm();
    await visitPayPage(body.url, { authenticate: 'fail' });
    await service.settle();
    expect(await service.showTopUp(service.id)).toMatchObject({
      status: 'failed',
      url: null,
      failure: { code: 'payment_intent_authentication_failure' },
    });
    expect(await service.confirm()).toMatchObject({
      status: 409,
      body: { code: 'top_up.wrong_status', top_up_status: 'failed' },
    });
    expect(await service.balances()).toMatchObject({ available: 0n });
    await service.check();
  });

  it('says so when the card is refused now that they are there', async () => {
    const service = await refused('4242424242424242');
    await service.control.setNextOutcomes([{ outcome: 'declined' }]);
    const { status, body } = await service.confirm();
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'failed', failure: { code: 'card_declined' } });
    await service.check();
  });

  it('does not switch the automatic top-up on again', async () => {
    const service = await refused();
    const { body } = await service.confirm();
    await visitPayPage(body.url);
    await service.settle();
    expect((await service.call('GET', '/v1/auto-top-up')).body).toMatchObject({
      stopped_reason: 'action_required',
      pending_top_up_id: null,
    });
    const begun = async () => (await service.call('GET', '/v1/top-ups')).body.data.length;
    await runTask(service);
    expect(await begun()).toBe(1);
    await setAuto(service, service.card, { threshold: usd(20n * dollar) });
    await runTask(service);
    expect(await begun()).toBe(2);
  });

  it('takes room below the limits again before it is paid', async () => {
    const service = await refused();
    await service.topUp(495n * dollar);
    await service.settle();
    expect(await service.confirm()).toMatchObject({
      status: 429,
      body: { code: 'top_up.limit_reached' },
    });
    service.runtime.clock.ms += 24 * hourMs;
    expect((await service.confirm()).body).toMatchObject({ status: 'action_required' });
    await service.check();
  });

  it('is refused while cards are frozen', async () => {
    const service = await refused();
    const other = await service.topUp(5n * dollar, '4000000000000259');
    await service.settle();
    expect((await service.showTopUp(other)).status).toBe('succeeded');
    expect(await service.confirm()).toMatchObject({ status: 403, body: { code: 'card.frozen' } });
    expect(
      (await service.control.requests()).filter(({ path }) => path.endsWith('/confirm')),
    ).toEqual([]);
  });

  it('with a saved card is answered with the page that is open already', async () => {
    const service = await withCard(alwaysAsks);
    const { body } = await payWith(service, service.card);
    expect(body.status).toBe('action_required');
    const confirmed = await service.call('POST', `/v1/top-ups/${body.id}/confirm`, {
      body: { success_url: paidUrl },
    });
    expect(confirmed).toMatchObject({ status: 200, body: { id: body.id, url: body.url } });
    await visitPayPage(confirmed.body.url);
    await service.settle();
    expect(await service.showTopUp(body.id)).toMatchObject({ status: 'succeeded' });
    await service.check();
  });

  it('is unknown to everybody else', async () => {
    const service = await refused();
    const stranger = await makeOrganisation(service.runtime, 'Other');
    const key = await makeKey(service.runtime, stranger, 'owner');
    expect(await service.confirm({ key })).toMatchObject({
      status: 404,
      body: { code: 'top_up.not_found' },
    });
  });

  it('is no other one: what waits on its page is refused', async () => {
    const service = await withCard();
    const { body } = await service.call('POST', '/v1/top-ups', {
      body: { amount: usd(5n * dollar), success_url: paidUrl },
    });
    const answer = await service.call('POST', `/v1/top-ups/${body.id}/confirm`, {
      body: { success_url: paidUrl },
    });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'top_up.wrong_status', top_up_status: 'pending' },
    });
  });
});

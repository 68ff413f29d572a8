/**
 * A process that dies before or after any write or any call of the card provider, and whose caller tries
 * again as callers do, leaves the same books as one that never died: for a top-up, a refund and a dispute,
 * and for an automatic top-up that its holder has to confirm.
 */
import { backfillEvents } from '../../functions/payments/cards/backfill-events.schedule.ts';
import { finishRefunds } from '../../functions/payments/cards/finish-refunds.schedule.ts';
import { topUpAutomatically } from '../../functions/payments/cards/top-up-automatically.schedule.ts';
import { visitPayPage } from '../../local/stripe/hosted/visitor.ts';
import type { StripePort } from '../../shared/adapters/stripe-port.ts';
import type { Write } from '../../shared/core/database.ts';
import { cardService } from '../payments/cards/card-service.ts';
import { testRuntime } from '../support/runtime.ts';

type When = 'before' | 'after';

/** Counts what is done between begin and stop, and dies once. */
const mortal = (dyingAct: number, when: When) => {
  let acts = 0;
  let counts = false;
  const act = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    if (!counts) return work();
    const dies = acts === dyingAct;
    acts += 1;
    if (dies && when === 'before') throw new Error('died');
    const answer = await work();
    if (dies) throw new Error('died');
    return answer;
  };
  const begin = () => {
    counts = true;
  };
  const stop = () => {
    counts = false;
  };
  return { act, acts: () => acts, begin, stop };
};

/** Of money: the pipeline's own records and the keys are tested elsewhere. */
const isMoney = ({ table }: Write): boolean => table === 'payments' || table === 'ledger';

/** A service whose process dies once, and those who try again. */
const stage = async (dyingAct: number, when: When) => {
  const runtime = testRuntime();
  const { database } = runtime;
  const life = mortal(dyingAct, when);
  const { write, transact } = database;
  database.write = (one) => {
    const work = () => write.call(database, one);
    return isMoney(one) ? life.act(work) : work();
  };
  database.transact = (writes, token) => {
    const work = () => transact.call(database, writes, token);
    return writes.some(isMoney) ? life.act(work) : work();
  };
  const between = (port: StripePort): StripePort => ({
    ...port,
    createCustomer: (...order) => life.act(() => port.createCustomer(...order)),
    createCheckout: (order) => life.act(() => port.createCheckout(order)),
    getPayment: (id) => life.act(() => port.getPayment(id)),
    createRefund: (order) => life.act(() => port.createRefund(order)),
    payWithSavedCard: (order) => life.act(() => port.payWithSavedCard(order)),
    confirmPayment: (order) => life.act(() => port.confirmPayment(order)),
  });
  const service = await cardService({ runtime, between });

  /** What a caller does who got no answer: the same once more. */
  const persist = async (path: string, key: string, body: object) => {
    for (let tries = 0; tries < 3; tries += 1) {
      const headers = { 'idempotency-key': key };
      const answer = await service.call('POST', path, { body, headers });
      if (answer.status < 500) return answer;
      // The lock of the attempt that died has to pass.
      runtime.clock.ms += 31_000;
    }
    throw new Error(`${path} never succeeded`);
  };
  /** What queues and schedules do by themselves. */
  const settle = async () => {
    for (let tries = 0; tries < 2; tries += 1) {
      await service.control.retryFailed();
      await service.settle();
      await finishRefunds(service.needs);
    }
    await backfillEvents(service.needs).catch(() => backfillEvents(service.needs));
  };

  return { ...service, life, persist, settle };
};

type Stage = Awaited<ReturnType<typeof stage>>;

interface Story {
  /** What comes before, in which nobody dies. */
  readonly prepare?: (on: Stage) => Promise<void>;
  /** Answers the top-up that it is about. */
  readonly tell: (on: Stage) => Promise<string>;
}

const play = async ({ prepare, tell }: Story, dyingAct: number, when: When) => {
  const on = await stage(dyingAct, when);
  await prepare?.(on);
  on.life.begin();
  const id = await tell(on);
  on.life.stop();
  await on.check();
  const { status } = await on.showTopUp(id);
  const books = { status, ...(await on.balances()), totals: await on.totals() };
  await on.stand.close();
  return { acts: on.life.acts(), books };
};

const paidRefundedDisputed: Story = {
  tell: async ({ persist, pay, settle, control, paymentOf }) => {
    const made = await persist('/v1/top-ups', 'crash-top-up', {
      amount: { amount: '20000000', currency: 'usd' },
      success_url: 'https://console.test/paid',
    });
    const id = made.body.id as string;
    await pay(made.body.url);
    await settle();
    await persist('/v1/refunds', 'crash-refund', {
      top_up_id: id,
      amount: { amount: '6000000', currency: 'usd' },
    });
    await settle();
    await control.openDispute({ paymentIntent: await paymentOf(id) });
    await settle();
    return id;
  },
};

/** Its bank asks for the holder at every payment. */
const alwaysAsks = '4000002760003184';

const confirmedByItsHolder: Story = {
  prepare: async ({ call }) => {
    const page = await call('POST', '/v1/payment-methods', {
      body: { success_url: 'https://console.test/cards' },
    });
    await visitPayPage(page.body.url, { number: alwaysAsks });
    const { body: cards } = await call('GET', '/v1/payment-methods');
    const amount = { amount: '10000000', currency: 'usd' };
    const auto = { enabled: true, threshold: amount, amount, monthly_max: amount };
    const set = { ...auto, payment_method_id: cards.data[0].id };
    expect(await call('PUT', '/v1/auto-top-up', { body: set })).toMatchObject({ status: 200 });
  },
  tell: async ({ call, needs, persist, pay, settle }) => {
    for (let runs = 0; runs < 3; runs += 1) await topUpAutomatically(needs);
    await settle();
    const { body: topUps } = await call('GET', '/v1/top-ups');
    expect(topUps.data).toHaveLength(1);
    const { id } = topUps.data[0];
    const confirmed = await persist(`/v1/top-ups/${id}/confirm`, 'crash-confirmation', {
      success_url: 'https://console.test/paid',
    });
    await pay(confirmed.body.url);
    await settle();
    return id;
  },
};

it.each([
  ['a top-up, a refund and a dispute', paidRefundedDisputed],
  ['an automatic top-up that is confirmed', confirmedByItsHolder],
])('every point of death of %s leads to the same books', async (name, story) => {
  const { acts, books: expected } = await play(story, -1, 'before');
  expect(expected).toMatchObject({ status: 'succeeded', held: 0n });
  console.log(`${name}: ${acts} points of death, before and after each`);
  for (let dyingAct = 0; dyingAct < acts; dyingAct += 1) {
    for (const when of ['before', 'after'] as const) {
      const { books } = await play(story, dyingAct, when);
      expect({ dyingAct, when, books }).toEqual({ dyingAct, when, books: expected });
    }
  }
});

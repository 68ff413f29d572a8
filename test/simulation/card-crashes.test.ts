/**
 * A process that dies before or after any write or any call of the card provider, and whose caller tries
 * again as callers do, leaves the same books as one that never died: for a top-up, a refund and a dispute.
 */
import { backfillEvents } from '../../functions/payments/backfill-events.schedule.ts';
import { finishRefunds } from '../../functions/payments/finish-refunds.schedule.ts';
import type { StripePort } from '../../shared/adapters/stripe-port.ts';
import type { Write } from '../../shared/core/database.ts';
import { cardService } from '../payments/card-service.ts';
import { testRuntime } from '../support/runtime.ts';

type When = 'before' | 'after';

/** Counts what is done, and dies once. */
const mortal = (dyingAct: number, when: When) => {
  let acts = 0;
  let alive = true;
  const act = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    const dies = alive && acts === dyingAct;
    acts += 1;
    if (dies && when === 'before') throw new Error('died');
    const answer = await work();
    if (dies) throw new Error('died');
    return answer;
  };
  const stop = () => {
    alive = false;
  };
  return { act, acts: () => acts, stop };
};

/** Of money: the pipeline's own records and the keys are tested elsewhere. */
const isMoney = ({ table }: Write): boolean => table === 'payments' || table === 'ledger';

const play = async (dyingAct: number, when: When) => {
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

  const made = await persist('/v1/top-ups', 'crash-top-up', {
    amount: { amount: '20000000', currency: 'usd' },
    success_url: 'https://console.test/paid',
  });
  const id = made.body.id as string;
  await service.pay(made.body.url);
  await settle();
  await persist('/v1/refunds', 'crash-refund', {
    top_up_id: id,
    amount: { amount: '6000000', currency: 'usd' },
  });
  await settle();
  await service.control.openDispute({ paymentIntent: await service.paymentOf(id) });
  await settle();
  life.stop();
  await service.check();
  const { status } = await service.showTopUp(id);
  const books = { status, ...(await service.balances()), totals: await service.totals() };
  await service.stand.close();
  return { acts: life.acts(), books };
};

it('every point of death leads to the same books', async () => {
  const { acts, books: expected } = await play(-1, 'before');
  expect(expected).toMatchObject({ status: 'succeeded', held: 0n });
  console.log(`card money: ${acts} points of death, before and after each`);
  for (let dyingAct = 0; dyingAct < acts; dyingAct += 1) {
    for (const when of ['before', 'after'] as const) {
      const { books } = await play(dyingAct, when);
      expect({ dyingAct, when, books }).toEqual({ dyingAct, when, books: expected });
    }
  }
});

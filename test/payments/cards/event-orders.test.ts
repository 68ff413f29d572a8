/**
 * A payment's events lead to one state, whatever their order, their number and how far the provider has come
 * when each is worked off (S3, S4). A life is recorded once from the stand-in, through Stripe's real client;
 * then every delivery is another event of its own, so that nothing but the payment tells them apart.
 */
import fc from 'fast-check';
import type { PaymentNeeds } from '../../../functions/payments/cards/payment-needs.ts';
import { processProviderEvent } from '../../../functions/payments/cards/process-provider-event.queue.ts';
import { keepEvent } from '../../../functions/payments/cards/receive-stripe-event.ts';
import type { StripePort } from '../../../shared/adapters/stripe-port.ts';
import { present } from '../../../shared/core/assert.ts';
import { customerAccount, debtAccount } from '../../../shared/ledger/account.ts';
import { getPayment } from '../../../shared/ledger/card-store.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { getAccount, scanLedger, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { getTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import { testRuntime } from '../../support/runtime.ts';
import { cardService } from './card-service.ts';
import { permutations } from './permutations.ts';

const dollar = 1_000_000n;

/** Top-up, a refund at the provider's, a dispute and its end; seen after each. */
const record = async (won: boolean) => {
  const service = await cardService();
  const { control, runtime, organisationId, dashboard } = service;
  await control.hold({ types: ['*'] });
  const topUpId = await service.topUp(20n * dollar);
  const items = runtime.database.all('payments');
  const paymentId = await service.paymentOf(topUpId);
  const port = await service.needs.stripe();
  const look = async () => {
    const listed = await port.listEvents({ sinceMs: 0, after: undefined });
    return { payment: await port.getPayment(paymentId), events: listed.items.toReversed() };
  };
  const stages = [await look()];
  await dashboard.refunds.create({ payment_intent: paymentId, amount: 700 });
  stages.push(await look());
  const { id } = await control.openDispute({ paymentIntent: paymentId });
  stages.push(await look());
  await control.closeDispute({ id, won });
  stages.push(await look());
  const last = present(stages.at(-1), 'no stage');
  /** In the order of their making, each with the first stage that has it. */
  const events = last.events.map(({ id: eventId, payload }) => ({
    payload,
    type: (JSON.parse(payload) as { type: string }).type,
    stage: stages.findIndex((stage) => stage.events.some((event) => event.id === eventId)),
  }));
  const { net } = await control.totals();
  return { items, stages, events, organisationId, topUpId, paymentId, net };
};

type Life = Awaited<ReturnType<typeof record>>;

/** An event that is worked off while the provider has come so far. */
interface Delivery {
  readonly event: Life['events'][number];
  readonly stage: number;
}

/** A platform that has the top-up and has heard nothing of it. */
const listener = async ({ items, stages, paymentId, topUpId }: Life) => {
  const runtime = testRuntime();
  for (const { pk, sk, ...attributes } of items) {
    const key = { pk, sk };
    await runtime.database.write({
      kind: 'put',
      table: 'payments',
      key,
      attributes,
      condition: {},
    });
  }
  let now = 0;
  const port: Pick<StripePort, 'getPayment' | 'getCheckoutPayment' | 'closePayment'> = {
    closePayment: async () => {},
    getPayment: async () => stages[now]?.payment,
    getCheckoutPayment: async () => ({ paymentId, topUpId, isExpired: false }),
  };
  const needs: PaymentNeeds = {
    ...runtime,
    keyMode: 'test',
    stripe: async () => port as StripePort,
  };
  let told = 0;
  const tell = async ({ event, stage }: Delivery) => {
    now = Math.max(now, stage);
    told += 1;
    const id = `evt_told_${told}`;
    const body = JSON.stringify({ ...JSON.parse(event.payload), id });
    expect(await keepEvent(needs, id, body)).toBe(true);
    await processProviderEvent(needs, { event_id: id });
  };
  return { runtime, tell };
};

/** All money that a payment may move, compared with the provider's own sum. */
const stateOf = async (life: Life, { database }: ReturnType<typeof testRuntime>) => {
  expect(checkInvariants(await scanLedger(database))).toEqual([]);
  expect(-(await sumAccount(database, 'ext:stripe'))).toBe(BigInt(life.net) * 10_000n);
  const credit = await getAccount(database, customerAccount(life.organisationId));
  const { status, receiptUrl } = present(await getTopUp(database, life.topUpId), 'no top-up');
  const payment = present(await getPayment(database, life.paymentId), 'no payment');
  const { amount, refunded, refundedByOthers, disputed, refundable } = payment;
  return {
    available: credit.available,
    held: credit.held,
    owed: -(await getAccount(database, debtAccount(life.organisationId))).posted,
    topUp: { status, receiptUrl },
    payment: { amount, refunded, refundedByOthers, disputed, refundable },
  };
};

const play = async (life: Life, deliveries: readonly Delivery[]) => {
  const { runtime, tell } = await listener(life);
  for (const delivery of deliveries) await tell(delivery);
  return stateOf(life, runtime);
};

/** As an unhurried world delivers: each event once, while it is the newest. */
const calm = ({ events }: Life): readonly Delivery[] =>
  events.map((event) => ({ event, stage: event.stage }));

const four = [
  'payment_intent.succeeded',
  'charge.refunded',
  'charge.dispute.created',
  'charge.dispute.closed',
];

describe.each([
  // 20 bought, 7 refunded, and 13.88 disputed: the fee of 88 cents stays owed where the dispute is lost.
  ['won', true, { available: 13n * dollar, owed: 0n }],
  ['lost', false, { available: 0n, owed: 880_000n }],
])('a payment that was refunded in part and whose dispute was %s', (_, won, expected) => {
  it('ends the same in every order of its four events, and when all come again', async () => {
    const life = await record(won);
    const calmEnd = await play(life, calm(life));
    expect(calmEnd).toMatchObject({
      ...expected,
      ...{ held: 0n, topUp: { status: 'succeeded' } },
      payment: { amount: 20n * dollar, disputed: true, refundable: 0n },
    });
    const last = life.stages.length - 1;
    const told = four.map((type) => ({
      event: present(
        life.events.find((event) => event.type === type),
        `no ${type}`,
      ),
      stage: last,
    }));
    const orders = permutations(told);
    expect(orders).toHaveLength(24);
    for (const order of orders) {
      const types = order.map(({ event }) => event.type);
      expect([types, await play(life, [...order, ...order.toReversed()])]).toEqual([
        types,
        calmEnd,
      ]);
    }
  });

  it('ends the same in any order of all its events, told again, while the provider goes on', async () => {
    const life = await record(won);
    const calmEnd = await play(life, calm(life));
    expect(life.events.length).toBeGreaterThanOrEqual(8);
    const places = life.events.map((_event, place) => place);
    const last = life.stages.length - 1;
    const anyOrder = fc.tuple(
      fc.array(fc.record({ place: fc.constantFrom(...places), delay: fc.nat({ max: last }) }), {
        maxLength: 12,
      }),
      fc.shuffledSubarray(places, { minLength: places.length }),
    );
    await fc.assert(
      fc.asyncProperty(anyOrder, async ([early, all]) => {
        const wanted = [...early, ...all.map((place) => ({ place, delay: 0 }))];
        const deliveries = wanted.map(({ place, delay }): Delivery => {
          const event = present(life.events[place], 'no event');
          return { event, stage: Math.min(last, event.stage + delay) };
        });
        expect(await play(life, deliveries)).toEqual(calmEnd);
      }),
      { numRuns: 80, seed: 2026 },
    );
  });
});

it('ten events of one payment, worked off at once, credit it once', async () => {
  const life = await record(true);
  const { runtime, tell } = await listener(life);
  const paid = life.events.filter(({ stage }) => stage === 0);
  const deliveries = Array.from(
    { length: 10 },
    (_, index): Delivery => ({
      event: present(paid[index % paid.length], 'no event'),
      stage: 0,
    }),
  );
  await Promise.all(deliveries.map(tell));
  const { posted } = await getAccount(runtime.database, customerAccount(life.organisationId));
  expect(posted).toBe(20n * dollar);
  expect(checkInvariants(await scanLedger(runtime.database))).toEqual([]);
});

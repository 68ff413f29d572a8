/** What never arrived, and what the daily comparison finds. */
import { backfillEvents } from '../../../functions/payments/cards/backfill-events.schedule.ts';
import { compareCardMoney } from '../../../functions/payments/cards/compare-card-money.schedule.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { cardService } from './card-service.ts';

const dollar = 1_000_000n;

it('a payment whose every event was lost is credited once by the backfill', async () => {
  const service = await cardService();
  await service.control.drop({ types: ['*'] });
  const id = await service.topUp(5n * dollar);
  await service.settle();
  expect(await service.balances()).toMatchObject({ available: 0n });
  expect((await backfillEvents(service.needs)).failed).toBe(0);
  expect((await backfillEvents(service.needs)).failed).toBe(0);
  expect(await service.balances()).toMatchObject({ available: 5n * dollar });
  expect(await service.showTopUp(id)).toMatchObject({ status: 'succeeded' });
  await service.check();
});

/** So many events of no payment: more than a page of them. */
const crowd = async ({ dashboard }: Awaited<ReturnType<typeof cardService>>) => {
  for (let made = 0; made < 105; made += 1) await dashboard.customers.create({ name: 'Nobody' });
};

it('a backfill that is cut off behind its first page has credited what was on it', async () => {
  const service = await cardService({
    between: (port) => ({
      ...port,
      listEvents: async (page) => {
        if (page.after !== undefined) throw new Error('died');
        return port.listEvents(page);
      },
    }),
  });
  await service.control.drop({ types: ['*'] });
  await crowd(service);
  await service.topUp(5n * dollar);
  await expect(backfillEvents(service.needs)).rejects.toThrow('died');
  expect(await service.balances()).toMatchObject({ available: 5n * dollar });
  await service.check();
});

it('the backfill comes to a payment behind a page of later events', async () => {
  const service = await cardService();
  await service.control.drop({ types: ['*'] });
  await service.topUp(5n * dollar);
  await crowd(service);
  const { done, failed } = await backfillEvents(service.needs);
  expect(failed).toBe(0);
  expect(done).toBeGreaterThan(105);
  expect(await service.balances()).toMatchObject({ available: 5n * dollar });
  await service.check();
});

describe('the daily comparison', () => {
  it('agrees to the cent after top-ups, refunds and disputes', async () => {
    const service = await cardService();
    const id = await service.topUp(20n * dollar);
    const paymentIntent = await service.paymentOf(id);
    await service.dashboard.refunds.create({ payment_intent: paymentIntent, amount: 700 });
    await service.control.openDispute({ paymentIntent });
    await service.settle();
    service.runtime.clock.ms += 2 * hourMs;
    expect((await compareCardMoney(service.needs)).failed).toBe(0);
  });

  it('rings when money came that nobody booked', async () => {
    const service = await cardService();
    await service.dashboard.paymentIntents.create({
      ...{ amount: 2000, currency: 'usd', confirm: true, off_session: true },
      payment_method: 'pm_card_visa',
    });
    await service.settle();
    expect(await compareCardMoney(service.needs)).toEqual({ done: 0, failed: 0 });
    service.runtime.clock.ms += 2 * hourMs;
    await expect(compareCardMoney(service.needs)).rejects.toThrow(
      'the ledger knows nothing of stripe:bt:',
    );
  });
});

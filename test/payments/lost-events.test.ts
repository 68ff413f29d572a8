/** What never arrived, and what the daily comparison finds. */
import { backfillEvents } from '../../functions/payments/backfill-events.schedule.ts';
import { compareCardMoney } from '../../functions/payments/compare-card-money.schedule.ts';
import { hourMs } from '../../shared/core/time.ts';
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

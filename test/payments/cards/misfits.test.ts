/**
 * Payments that do not fit their top-up: another amount, another currency, the other mode, a second one, one
 * that is not through. Nothing is credited, the message fails until an alarm rings, and nothing is lost
 * (S11, S12).
 */
import type { ProviderPayment } from '../../../shared/core/provider-payment.ts';
import { cardService } from './card-service.ts';

const dollar = 1_000_000n;
const cents = 2_088n;

/** A top-up of 20 dollars that was paid, by a payment that the provider shows changed until it is mended. */
const misfit = async (changes: Partial<ProviderPayment>) => {
  let shown: Partial<ProviderPayment> = changes;
  const service = await cardService({
    between: (port) => ({
      ...port,
      getPayment: async (id) => {
        const payment = await port.getPayment(id);
        return payment && { ...payment, ...shown };
      },
    }),
  });
  await service.control.hold({ types: ['checkout.session.completed'] });
  const id = await service.topUp(20n * dollar);
  const mend = () => {
    shown = {};
  };
  return { ...service, id, mend };
};

const alarms = ({ runtime }: Awaited<ReturnType<typeof misfit>>) =>
  runtime.lines.filter(({ level, event }) => level === 'error' && event === 'queue.message_failed');

describe('a payment that was received and does not fit', () => {
  it.each<[string, Partial<ProviderPayment>, string]>([
    ['in euros', { currency: 'eur' }, 'is in eur'],
    ['in yen, which have no cents', { currency: 'jpy' }, 'is in jpy'],
    ['in dinars of a thousand fils', { currency: 'kwd' }, 'is in kwd'],
    ['of a cent less', { receivedCents: cents - 1n }, 'other cents than 2088'],
    ['of a cent more', { receivedCents: cents + 1n }, 'other cents than 2088'],
    ['of a hundred times as much', { receivedCents: cents * 100n }, 'other cents than 2088'],
    ['of live mode', { liveMode: true }, 'of the other mode'],
  ])('credits nothing and rings: %s', async (_, changes, words) => {
    const service = await misfit(changes);
    expect(await service.settle()).toBeGreaterThan(0);
    expect(JSON.stringify(alarms(service))).toContain(words);
    expect(await service.balances()).toEqual({ available: 0n, held: 0n, owed: 0n });
    expect(await service.showTopUp(service.id)).toMatchObject({ status: 'pending' });
    service.mend();
    await service.control.release();
    expect(await service.settle()).toBe(0);
    expect(await service.balances()).toMatchObject({ available: 20n * dollar });
    await service.check();
  });

  it.each(['usd', 'eur'])('credits nothing and rings: a second one, in %s', async (currency) => {
    const service = await misfit({});
    expect(await service.settle()).toBe(0);
    await service.dashboard.paymentIntents.create({
      ...{ amount: Number(cents), currency, confirm: true, off_session: true },
      payment_method: 'pm_card_visa',
      metadata: { top_up_id: service.id },
    });
    expect(await service.settle()).toBeGreaterThan(0);
    expect(JSON.stringify(alarms(service))).toContain(`${service.id} was paid twice`);
    expect(await service.balances()).toMatchObject({ available: 20n * dollar });
  });
});

it.each(['processing', 'requires_action', 'requires_payment_method', 'other'] as const)(
  'a payment that is not through is credited only when it is: %s',
  async (status) => {
    const service = await misfit({ status });
    expect(await service.settle()).toBe(0);
    expect(await service.balances()).toMatchObject({ available: 0n });
    expect((await service.showTopUp(service.id)).status).not.toBe('succeeded');
    service.mend();
    await service.control.release();
    expect(await service.settle()).toBe(0);
    expect(await service.balances()).toMatchObject({ available: 20n * dollar });
    await service.check();
  },
);

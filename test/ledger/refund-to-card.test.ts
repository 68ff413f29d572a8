/** Refunds to the card: what is refused, what is told twice, and what is an alarm. */
import { BugError } from '../../shared/core/assert.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { CardFixture } from '../simulation/ledger/card-fixture.ts';
import { million } from '../simulation/ledger/fixture.ts';

const paid = async () => {
  const fixture = new CardFixture();
  await fixture.topUp();
  return fixture;
};

describe('a refund is refused', () => {
  it('when no top-up of the organisation stands behind it', async () => {
    const fixture = new CardFixture();
    expect(await fixture.take(million)).toEqual({ outcome: 'payment_unknown' });
    await fixture.foreign(million);
    expect(await fixture.take(million)).toEqual({ outcome: 'payment_unknown' });
    const other = new CardFixture();
    await other.topUp({ organisation: 'org_other' });
    expect(await other.take(million)).toEqual({ outcome: 'payment_unknown' });
  });

  it('when it is more than is left of the payment, however much credit there is (S6)', async () => {
    const fixture = await paid();
    await fixture.grant('grt_1', 50n * million);
    await fixture.take(4n * million);
    const second = await fixture.take(6n * million + 1n, 'rf_2');
    expect(second).toEqual({ outcome: 'not_refundable', refundable: 6n * million });
    await fixture.foreign(5n * million);
    const third = await fixture.take(million + 1n, 'rf_3');
    expect(third).toEqual({ outcome: 'not_refundable', refundable: million });
  });

  it('when the credit is held for a cluster or spent', async () => {
    const fixture = await paid();
    await fixture.hold();
    const refused = await fixture.take(9n * million);
    expect(refused).toEqual({ outcome: 'credit_spent', available: 8n * million });
    expect(await fixture.take(8n * million)).toMatchObject({ outcome: 'held' });
  });

  it('when the payment was disputed, also when the dispute was won (S8)', async () => {
    const fixture = await paid();
    await fixture.open();
    expect(await fixture.take(million)).toEqual({ outcome: 'payment_disputed' });
    await fixture.won();
    expect(await fixture.take(million)).toEqual({ outcome: 'payment_disputed' });
  });

  it('while something is owed', async () => {
    const fixture = await paid();
    await fixture.hold();
    await fixture.foreign(2n * million);
    await fixture.take(6n * million);
    await fixture.foreign(million, 're_second');
    expect((await fixture.state()).debt).toBe(-million);
    expect(await fixture.take(million, 'rf_2')).toEqual({ outcome: 'debt', owed: million });
  });
});

it('a refund is one hold and one transfer, however often each step is told', async () => {
  const fixture = await paid();
  const taken = await Promise.all(Array.from({ length: 20 }, () => fixture.take(4n * million)));
  expect(new Set(taken.map(({ outcome }) => outcome))).toEqual(new Set(['held']));
  const posted = await Promise.all(Array.from({ length: 20 }, () => fixture.refunded()));
  expect(posted.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
  const failed = await Promise.all(Array.from({ length: 20 }, () => fixture.failed()));
  expect(failed.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
  expect(await fixture.state()).toMatchObject({ available: 10n * million, held: 0n });
  expect((await fixture.payment()).refundable).toBe(10n * million);
  expect(await fixture.broken()).toEqual([]);
});

it('100 parallel refunds of 1 of a payment of 10 hold exactly 10', async () => {
  const fixture = await paid();
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      fixture.take(million, `rf_${n}`).catch((error: { code?: string }) => error.code),
    ),
  );
  const { refundHolds } = await scanLedger(fixture.runtime.database);
  const held = outcomes.filter((each) => typeof each === 'object' && each.outcome === 'held');
  expect(held.length).toBe(refundHolds.length);
  expect(refundHolds.length).toBeLessThanOrEqual(10);
  expect((await fixture.state()).held).toBe(BigInt(refundHolds.length) * million);
  expect(await fixture.broken()).toEqual([]);
});

it('a void gives the credit back, debt first, once', async () => {
  const fixture = await paid();
  await fixture.take(4n * million);
  await fixture.open(7n * million);
  expect(await fixture.state()).toMatchObject({
    available: 0n,
    held: 4n * million,
    debt: -million,
  });
  const told = await Promise.all(Array.from({ length: 20 }, () => fixture.refused()));
  expect(told.filter(({ outcome }) => outcome === 'voided')).toHaveLength(1);
  expect(await fixture.state()).toMatchObject({
    available: 3n * million,
    held: 0n,
    debt: 0n,
    refundable: 0n,
  });
  expect(await fixture.broken()).toEqual([]);
});

it('what a void gives back is refundable again', async () => {
  const fixture = await paid();
  await fixture.take(10n * million);
  await fixture.refused();
  expect((await fixture.state()).refundable).toBe(10n * million);
  expect(await fixture.take(10n * million, 'rf_2')).toMatchObject({ outcome: 'held' });
});

it('a refund refused after a foreign one took the money is not refundable again', async () => {
  const fixture = await paid();
  await fixture.take(6n * million);
  await fixture.foreign(10n * million);
  await fixture.refused();
  expect((await fixture.state()).refundable).toBe(0n);
});

it('a retry of a refund that is over answers how far it got', async () => {
  const fixture = await paid();
  await fixture.take(million);
  await fixture.refunded();
  expect(await fixture.take(million)).toMatchObject({ outcome: 'held', hold: { state: 'closed' } });
  await fixture.take(million, 'rf_2');
  await fixture.refused('rf_2');
  const again = await fixture.take(million, 'rf_2');
  expect(again).toMatchObject({ outcome: 'held', hold: { state: 'void' } });
});

describe('an alarm, and nothing written', () => {
  it.each<[string, (fixture: CardFixture) => Promise<unknown>]>([
    ['one id for two refunds', (fixture) => fixture.take(2n * million)],
    ['a refund without a hold', (fixture) => fixture.refunded('rf_9')],
    ['a void without a hold', (fixture) => fixture.refused('rf_9')],
    [
      'a void after the money left',
      async (fixture) => {
        await fixture.take(million, 'rf_2');
        await fixture.refunded('rf_2');
        await fixture.refused('rf_2');
      },
    ],
    [
      'money that left after a void',
      async (fixture) => {
        await fixture.take(million, 'rf_2');
        await fixture.refused('rf_2');
        await fixture.refunded('rf_2');
      },
    ],
    [
      'a payment credited with another amount',
      (fixture) => fixture.topUp({ units: 11n * million }),
    ],
    ['a payment credited with another fee', (fixture) => fixture.topUp({ feeUnits: 1n })],
    ['a payment of somebody else', (fixture) => fixture.topUp({ organisation: 'org_other' })],
    ['a top-up of nothing', (fixture) => fixture.topUp({ paymentId: 'pi_2', units: 0n })],
    [
      'a won dispute of another amount',
      async (fixture) => {
        await fixture.open(2n * million);
        await fixture.won(3n * million);
      },
    ],
    [
      'a dispute told with another amount',
      async (fixture) => {
        await fixture.open(2n * million);
        await fixture.open(3n * million);
      },
    ],
  ])('%s', async (_, play) => {
    const fixture = await paid();
    await fixture.take(million);
    await expect(play(fixture)).rejects.toThrow(BugError);
    expect(await fixture.broken()).toEqual([]);
  });
});

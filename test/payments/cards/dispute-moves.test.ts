/**
 * What a dispute moves, by its movements alone: in parts, again, and of another amount than it says. The
 * customer never has more than the provider left us, at every step; what the ledger cannot say rings.
 */
import { sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { cardService } from './card-service.ts';

const dollar = 1_000_000n;
const cent = 10_000n;
/** What a card pays for 20 dollars of credit, in cents. */
const whole = 2_088;

const disputed = async (amount = whole) => {
  const service = await cardService();
  const id = await service.topUp(20n * dollar);
  await service.settle();
  const paymentIntent = await service.paymentOf(id);
  const dispute = await service.control.openDispute({ paymentIntent, amount });
  const move = (cents: number) =>
    service.control.moveDisputeFunds({ id: dispute.id, amount: cents });
  /** Credit less debt, in cents of what the card had paid: the fee of 88 cents is never credit. */
  const worth = async () => {
    const { available, owed } = await service.balances();
    return (available - owed) / cent;
  };
  return { ...service, move, worth };
};

type Disputed = Awaited<ReturnType<typeof disputed>>;

/** The ledger has each cent that the provider has. */
const expectSameMoney = async ({ dashboard, runtime }: Disputed) => {
  const { data } = await dashboard.balanceTransactions.list({ limit: 100 });
  const net = data.reduce((sum, movement) => sum + BigInt(movement.net), 0n);
  expect(-(await sumAccount(runtime.database, 'ext:stripe'))).toBe(net * cent);
};

it('is withdrawn, given back, withdrawn again, and given back again', async () => {
  const service = await disputed();
  await service.settle();
  for (const amount of [whole, -whole, whole]) {
    await service.move(amount);
    expect(await service.settle()).toBe(0);
    expect(await service.worth()).toBe(amount < 0 ? 2_000n - BigInt(whole) : 2_000n);
    await expectSameMoney(service);
  }
});

it('is the same when all of it is heard of at its end', async () => {
  const service = await disputed();
  for (const amount of [whole, -whole]) await service.move(amount);
  expect(await service.settle()).toBe(0);
  expect(await service.worth()).toBe(2_000n - BigInt(whole));
  await expectSameMoney(service);
});

it.each(['as it happens', 'only at its end'])(
  'takes what was withdrawn, and what was withdrawn beside it, heard of %s',
  async (when) => {
    const service = await disputed(1_000);
    if (when === 'as it happens') expect(await service.settle()).toBe(0);
    await service.move(-300);
    expect(await service.settle()).toBe(0);
    expect(await service.worth()).toBe(700n);
    await service.move(1_000);
    expect(await service.settle()).toBe(0);
    expect(await service.worth()).toBe(1_700n);
    await expectSameMoney(service);
  },
);

it.each(['as it happens', 'only at its end'])(
  'gives no credit and rings when it is given back in part, heard of %s',
  async (when) => {
    const service = await disputed(1_000);
    if (when === 'as it happens') expect(await service.settle()).toBe(0);
    await service.move(400);
    expect(await service.settle()).toBeGreaterThan(0);
    expect(JSON.stringify(service.runtime.lines)).toContain('gave back 400 cents, not all');
    expect(await service.worth()).toBe(1_000n);
    // Neither does the rest of it make a whole.
    await service.move(600);
    expect(await service.settle()).toBeGreaterThan(0);
    expect(await service.worth()).toBe(1_000n);
  },
);

it('gives no credit and rings when more comes back than was withdrawn', async () => {
  const service = await disputed(1_000);
  await service.move(1_200);
  expect(await service.settle()).toBeGreaterThan(0);
  expect(await service.worth()).toBe(1_000n);
});

/**
 * The facts of one payment end in the same state in every order of arrival, told once, told twice, or all
 * at once (S4, S7); and a process that dies at any write and is run again leaves that state too.
 */
import fc from 'fast-check';
import { postBankFunding, postProviderCost } from '../../functions/ledger/post-provider-money.ts';
import { CardFixture } from '../simulation/ledger/card-fixture.ts';
import { million } from '../simulation/ledger/fixture.ts';

type Step = (fixture: CardFixture) => Promise<unknown>;
type Steps = Readonly<Record<string, Step>>;

/** What the world outside does with a payment; nobody asks us first. */
const outside: Steps = {
  topUp: (fixture) => fixture.topUp(),
  foreign: (fixture) => fixture.foreign(4n * million),
  foreignFailed: (fixture) => fixture.foreignFailed(4n * million),
  open: (fixture) => fixture.open(),
  won: (fixture) => fixture.won(),
};

/** What comes of two refunds of ours, once the top-up is there and both are held. */
const ours: Steps = {
  refunded: (fixture) => fixture.refunded(),
  failed: (fixture) => fixture.failed(),
  refused: (fixture) => fixture.refused('rf_2'),
  foreign: (fixture) => fixture.foreign(4n * million),
  open: (fixture) => fixture.open(),
  won: (fixture) => fixture.won(),
};

/** What the customer had before: nothing, something, more than the payment, and a cluster that holds some. */
const starts = {
  nothing: async () => {},
  some: (fixture: CardFixture) => fixture.grant('grt_1', 3n * million),
  more: (fixture: CardFixture) => fixture.grant('grt_1', 30n * million),
  held: async (fixture: CardFixture) => {
    await fixture.grant('grt_1', 5n * million);
    await fixture.hold();
  },
} satisfies Steps;

const held: Step = async (fixture) => {
  await fixture.topUp();
  await fixture.take(3n * million);
  await fixture.take(2n * million, 'rf_2');
};

const permutations = (names: readonly string[]): readonly (readonly string[])[] =>
  names.length === 0
    ? [[]]
    : names.flatMap((first) =>
        permutations(names.filter((name) => name !== first)).map((rest) => [first, ...rest]),
      );

const subsets = (names: readonly string[]): readonly (readonly string[])[] => {
  const [first, ...rest] = names;
  if (first === undefined) return [[]];
  const without = subsets(rest);
  return [...without, ...without.map((subset) => [first, ...subset])];
};

const play = async (begin: readonly Step[], steps: Steps, order: readonly string[]) => {
  const fixture = new CardFixture();
  for (const step of begin) await step(fixture);
  for (const name of order) await steps[name]?.(fixture);
  expect(await fixture.broken()).toEqual([]);
  return fixture.state();
};

/** Plays these steps in every order; answers how many orders there are. */
const expectOneEnd = async (begin: readonly Step[], steps: Steps, names: readonly string[]) => {
  const expected = await play(begin, steps, names);
  const orders = permutations(names);
  for (const order of orders) {
    expect([order, await play(begin, steps, order)]).toEqual([order, expected]);
  }
  return orders.length;
};

describe.each(Object.entries(starts))('a customer who had %s', (_, start) => {
  it('ends the same in every order of what happens outside, or of any part of it', async () => {
    let orders = 0;
    for (const part of subsets(Object.keys(outside))) {
      orders += await expectOneEnd([start], outside, part);
    }
    expect(orders).toBe(326);
  });

  it('ends the same when all of it arrives at once', async () => {
    const fixture = new CardFixture();
    await start(fixture);
    await Promise.all(Object.values(outside).map((step) => step(fixture)));
    expect(await fixture.state()).toEqual(await play([start], outside, Object.keys(outside)));
    expect(await fixture.broken()).toEqual([]);
  });
});

it.each(['nothing', 'held'] as const)(
  'a customer who had %s ends the same in every order of two refunds, a foreign one and a dispute',
  async (had) => {
    expect(await expectOneEnd([starts[had], held], ours, Object.keys(ours))).toBe(720);
  },
);

it('ends the same when things are told again, in any order', async () => {
  const begin = [starts.some, held];
  const expected = await play(begin, ours, Object.keys(ours));
  const names = Object.keys(ours);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...names), { maxLength: 14 }), async (told) => {
      const missing = names.filter((name) => !told.includes(name));
      expect(await play(begin, ours, [...told, ...missing])).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

it('comes out right to the unit: what the outside holds is what the ledger says', async () => {
  // 10.30 paid, 4 refunded by others and back, 3 refunded by us and back, 10.30 disputed and won.
  const begin = [starts.some, held];
  const end = await play(begin, { ...ours, ...outside }, [...Object.keys(ours), 'foreignFailed']);
  expect(end).toEqual({
    posted: 13n * million,
    held: 0n,
    available: 13n * million,
    debt: 0n,
    stripe: -10_300_000n,
    fee: 300_000n,
    amount: 10n * million,
    refundable: 0n,
    disputed: true,
  });
});

describe('a process that dies', () => {
  /** The life of one payment; each step is run again when it died, as queues do. */
  const life: readonly Step[] = [
    (fixture) => fixture.topUp(),
    ({ runtime }) => postProviderCost(runtime, { transactionId: 'txn_1', units: 320_000n }),
    (fixture) => fixture.take(3n * million),
    (fixture) => fixture.refunded(),
    (fixture) => fixture.take(2n * million, 'rf_2'),
    (fixture) => fixture.foreign(million),
    (fixture) => fixture.open(),
    (fixture) => fixture.refused('rf_2'),
    (fixture) => fixture.failed(),
    (fixture) => fixture.won(),
    (fixture) => fixture.foreignFailed(million),
    ({ runtime }) => postBankFunding(runtime, { fundingId: 'po_1', units: 5n * million }),
  ];

  /** Some steps write twice: the failure of a refund, told alone, posts the refund first. */
  const short: readonly Step[] = [
    (fixture) => fixture.topUp(),
    (fixture) => fixture.take(3n * million),
    (fixture) => fixture.failed(),
    (fixture) => fixture.won(),
    (fixture) => fixture.foreignFailed(million),
  ];

  const live = async (steps: readonly Step[], dyingWrite: number, when: 'before' | 'after') => {
    const fixture = new CardFixture();
    const { database } = fixture.runtime;
    const transact = database.transact.bind(database);
    let write = 0;
    database.transact = async (writes, token) => {
      const dies = write === dyingWrite;
      write += 1;
      if (dies && when === 'before') throw new Error('died');
      await transact(writes, token);
      if (dies) throw new Error('died');
    };
    for (const step of steps) await step(fixture).catch(() => step(fixture));
    expect(await fixture.broken()).toEqual([]);
    return { writes: write, state: await fixture.state() };
  };

  it.each([
    ['a long life', life, 12],
    ['facts told last first', short, 8],
  ])('at any write of %s leaves what a calm one leaves', async (_, steps, writesMin) => {
    const calm = await live(steps, -1, 'before');
    expect(calm.writes).toBeGreaterThanOrEqual(writesMin);
    for (let dyingWrite = 0; dyingWrite < calm.writes; dyingWrite += 1) {
      for (const when of ['before', 'after'] as const) {
        const { state } = await live(steps, dyingWrite, when);
        expect([dyingWrite, when, state]).toEqual([dyingWrite, when, calm.state]);
      }
    }
  });
});

/**
 * A process that dies before or after any write of rewards, stakes and mints, and is run again, leaves the same
 * ledger as one that never died (L13); many at once stake and pay what is there once (L4, L5).
 */
import { dayMs } from '../../../shared/core/time.ts';
import { scanLedger } from '../../../shared/ledger/ledger-store.ts';
import { emissionOfDay } from '../../../shared/ledger/rewards/mint.ts';
import { getUnstakeHold } from '../../../shared/ledger/rewards/stake-store.ts';
import { oneIo } from '../../simulation/ledger/chain-fixture.ts';
import { payer } from '../../simulation/ledger/fixture.ts';
import { emitted, genesisMs, RewardFixture } from '../../simulation/ledger/reward-fixture.ts';

/** An item that is committed with a fact. */
const mark = (pk: string) => [
  {
    kind: 'put' as const,
    table: 'rewards' as const,
    key: { pk, sk: 'MARK' },
    attributes: {},
    condition: { exists: false },
  },
];

/** Each may be repeated, as workflows, queues and schedules repeat them. */
const steps: readonly ((fixture: RewardFixture) => Promise<unknown>)[] = [
  (fixture) => fixture.emit(0, { unallocatedUnits: emitted(0) - 100n * oneIo }, mark('EPOCH')),
  (fixture) => fixture.reward(60n * oneIo, 0, { heldUnits: 10n * oneIo }),
  (fixture) => fixture.reward(40n * oneIo, 0, { organisation: payer }),
  (fixture) => fixture.stake(20n * oneIo, {}, mark('STAKE')),
  (fixture) => fixture.arriveStake(9n * oneIo, 7n * oneIo),
  async (fixture) => {
    // An unstaking is one transaction with the stake's own item, guarded by the hold's own absence.
    const taken = await getUnstakeHold(fixture.runtime.database, 'uns_1');
    if (!taken) await fixture.unstake(15n * oneIo);
  },
  (fixture) => {
    fixture.nowMs = genesisMs + 30 * dayMs;
    return fixture.withdraw();
  },
  (fixture) => fixture.release(),
  async (fixture) => {
    for (let hour = 1; hour < 24; hour += 1) {
      await fixture.emit(hour, { unallocatedUnits: emitted(hour) });
    }
    await fixture.mint(emissionOfDay(0));
  },
];

/** Plays all steps; the write with this number dies before or after it happened. */
const play = async (dyingWrite: number, when: 'before' | 'after') => {
  const fixture = new RewardFixture();
  let write = 0;
  const { database } = fixture.runtime;
  const transact = database.transact.bind(database);
  database.transact = async (writes, token) => {
    const dies = write === dyingWrite;
    write += 1;
    if (dies && when === 'before') throw new Error('died');
    await transact(writes, token);
    if (dies) throw new Error('died');
  };
  for (const step of steps) await step(fixture).catch(() => step(fixture));
  return { fixture, writes: write };
};

const posted = async (fixture: RewardFixture): Promise<readonly string[]> => {
  const { balances } = await scanLedger(fixture.runtime.database);
  return balances
    .map(({ account, shard, posted: units, held }) => `${account}#${shard} ${units} ${held}`)
    .sort();
};

it('every crash point of rewards, stakes and a mint leads to the same balances', async () => {
  const { fixture: calm, writes } = await play(-1, 'before');
  const expected = await posted(calm);
  expect(writes).toBeGreaterThanOrEqual(steps.length + 23);
  for (let dyingWrite = 0; dyingWrite < writes; dyingWrite += 1) {
    for (const when of ['before', 'after'] as const) {
      const { fixture } = await play(dyingWrite, when);
      expect([dyingWrite, when, await posted(fixture)]).toEqual([dyingWrite, when, expected]);
      expect(await fixture.broken({ genesisMs })).toEqual([]);
      expect(fixture.runtime.database.all('rewards')).toHaveLength(2);
    }
  }
});

it('100 stakes at once of rewards for 60 take exactly 60 (L4)', async () => {
  const fixture = new RewardFixture();
  await fixture.rewarded(60n * oneIo);
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      fixture.stake(oneIo, { stakeId: `stk_${index}`, deviceId: `dev_${index % 7}` }).then(
        ({ outcome }) => outcome,
        () => 'unavailable',
      ),
    ),
  );
  const committed = outcomes.filter((outcome) => outcome === 'committed').length;
  expect([committed, outcomes.includes('unavailable')]).toEqual([60, false]);
  expect((await fixture.rewards()).available).toBe(0n);
  expect(await fixture.broken()).toEqual([]);
});

it('an hour and a reward that are told 50 times at once are posted once (L5)', async () => {
  const fixture = new RewardFixture();
  const hours = await Promise.all(Array.from({ length: 50 }, () => fixture.emit(0, {}, mark('a'))));
  expect(hours.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
  const rewards = await Promise.all(Array.from({ length: 50 }, () => fixture.reward(7n)));
  expect(rewards.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
  expect((await fixture.rewards()).posted).toBe(7n);
});

/** Directed races and cases of stakes through their handlers: the item beside the ledger, hires, what cools down. */
import { commit } from '../../../functions/kit/transaction.ts';
import { endCooldowns } from '../../../functions/rewards/stakes/end-cooldowns.schedule.ts';
import { postStakeDeposit } from '../../../functions/rewards/stakes/post-stake-deposit.ts';
import { dayMs } from '../../../shared/core/time.ts';
import { changed, type Device } from '../../../shared/devices/device.ts';
import { getDevice, putDevice, putNewDevice } from '../../../shared/devices/device-store.ts';
import { getStake, sumStaked } from '../../../shared/rewards/stake-store.ts';
import { hired } from '../../devices/a-device.ts';
import { oneIo } from './chain-fixture.ts';
import { expectEqual, supplier } from './fixture.ts';
import { RewardFixture } from './reward-fixture.ts';
import { type Scenario, sound } from './scenario.ts';
import { callStake, callUnstake, stakeDevice } from './stake-calls.ts';

const device = stakeDevice(1, supplier);
const named = { organisation: supplier, deviceId: device.id };

/** A supplier with 400 IO of rewards and a device that takes 250. */
const withDevice = async (): Promise<RewardFixture> => {
  const fixture = new RewardFixture();
  await fixture.rewarded(400n * oneIo);
  await commit(fixture.runtime, putNewDevice(device));
  return fixture;
};

const stake = (fixture: RewardFixture, units: bigint, id = 'stk_1') =>
  callStake(fixture.runtime, { id, ...named, units });

const unstake = (fixture: RewardFixture, units?: bigint, id = 'ust_1') =>
  callUnstake(fixture.runtime, { id, ...named, units });

const deposit = (fixture: RewardFixture, units: bigint, signature = 'stakesig') => {
  const arrival = { signature, tokenAccount: 'ours', token: 'io' as const, units };
  return postStakeDeposit(fixture.runtime, arrival, named);
};

/** Insists that item and account both say so, and that the books balance. */
const expectStake = async (fixture: RewardFixture, active: bigint, cooling = 0n) => {
  const item = await getStake(fixture.runtime.database, device.id);
  const booked = await fixture.staked(supplier, device.id);
  const itemCooling = item?.cooldowns.reduce((sum, { units }) => sum + units, 0n);
  expectEqual(item?.activeUnits ?? 0n, active, 'what counts, as the item says');
  expectEqual(booked.available, active, 'what counts, as the ledger says');
  expectEqual(itemCooling ?? 0n, cooling, 'what cools down, as the item says');
  expectEqual(booked.held, cooling, 'what cools down, as the ledger says');
  const total = await sumStaked(fixture.runtime.database);
  expectEqual(total, active + cooling, 'what is staked in all');
  await sound(fixture);
};

const changeDevice = async (fixture: RewardFixture, changes: Partial<Device>) => {
  const found = (await getDevice(fixture.runtime.database, device.id)) ?? device;
  await commit(fixture.runtime, [putDevice(changed(found, changes))]);
};

/** Runs `race` before the next transaction is committed, once. */
const beforeCommit = (fixture: RewardFixture, race: () => Promise<unknown>) => {
  const { database } = fixture.runtime;
  const { transact } = database;
  database.transact = async (...all) => {
    database.transact = transact;
    await race();
    return transact.apply(database, all);
  };
};

export const stakeScenarios: readonly Scenario[] = [
  {
    name: 'a stake, what is deposited and what is asked back stand in the item and in the books alike',
    play: async () => {
      const fixture = await withDevice();
      expectEqual(await stake(fixture, 60n * oneIo), undefined, 'the stake');
      await expectStake(fixture, 60n * oneIo);
      const { stakeUnits } = await deposit(fixture, 200n * oneIo);
      expectEqual(stakeUnits, 190n * oneIo, 'what there was room for');
      await expectStake(fixture, 250n * oneIo);
      expectEqual(await stake(fixture, 1n, 'stk_2'), 'stake.above_maximum', 'one unit more');
      expectEqual(await unstake(fixture, 250n * oneIo + 1n), 'stake.more_than_active', 'more');
      expectEqual(await unstake(fixture, 50n * oneIo), undefined, 'the unstaking');
      await expectStake(fixture, 200n * oneIo, 50n * oneIo);
      // Told again, all of it is what stands there.
      await stake(fixture, 60n * oneIo);
      await deposit(fixture, 200n * oneIo);
      await unstake(fixture, 50n * oneIo);
      await expectStake(fixture, 200n * oneIo, 50n * oneIo);
      expectEqual((await fixture.rewards()).available, 350n * oneIo, 'rewards');
    },
  },
  {
    name: 'what was asked back comes back after fourteen days, once, and is listed no more',
    play: async () => {
      const fixture = await withDevice();
      await stake(fixture, 250n * oneIo);
      await unstake(fixture, 50n * oneIo);
      fixture.nowMs += 14 * dayMs - 1;
      expectEqual((await endCooldowns(fixture.runtime)).done, 0, 'too early');
      await expectStake(fixture, 200n * oneIo, 50n * oneIo);
      fixture.nowMs += 1;
      await Promise.all([endCooldowns(fixture.runtime), endCooldowns(fixture.runtime)]);
      await expectStake(fixture, 200n * oneIo);
      const { done, failed } = await endCooldowns(fixture.runtime);
      expectEqual(done + failed, 0, 'still listed');
      expectEqual((await fixture.rewards()).available, 200n * oneIo, 'rewards');
    },
  },
  {
    name: 'a hired device keeps its stake, also when the hire comes last',
    play: async () => {
      const fixture = await withDevice();
      await stake(fixture, 250n * oneIo);
      beforeCommit(fixture, () => changeDevice(fixture, hired));
      expectEqual(await unstake(fixture), 'stake.device_hired', 'a hire in between');
      expectEqual(await unstake(fixture, oneIo, 'ust_2'), 'stake.device_hired', 'a hired device');
      await expectStake(fixture, 250n * oneIo);
      const free = { hiredBy: null, hiredNode: null, hiredAtMs: null, hiredConsent: null };
      await changeDevice(fixture, free);
      expectEqual(await unstake(fixture), undefined, 'of a free device');
      await expectStake(fixture, 0n, 250n * oneIo);
    },
  },
  {
    name: 'two that stake at once get the room that is there, and no unit more',
    play: async () => {
      const fixture = await withDevice();
      beforeCommit(fixture, () => stake(fixture, 200n * oneIo, 'stk_2'));
      expectEqual(await stake(fixture, 100n * oneIo), 'stake.above_maximum', 'the slower one');
      beforeCommit(fixture, () => deposit(fixture, 30n * oneIo));
      const { stakeUnits } = await deposit(fixture, 40n * oneIo, 'othersig');
      expectEqual(stakeUnits, 20n * oneIo, 'the slower deposit');
      await expectStake(fixture, 250n * oneIo);
    },
  },
];

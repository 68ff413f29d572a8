/** Stakes in their table: what is written is what is read, over the version that was read, and nothing else. */
import { commit } from '../../functions/kit/transaction.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { dayMs } from '../../shared/core/time.ts';
import {
  type DeviceStake,
  decideUnstake,
  noStake,
  withMore,
} from '../../shared/rewards/device-stake.ts';
import { cooldownShards } from '../../shared/rewards/keys.ts';
import {
  getStake,
  getStakes,
  listDueCooldowns,
  listStakes,
  putDueCooldown,
  putStake,
  takeDueCooldown,
} from '../../shared/rewards/stake-store.ts';
import { aDevice, testId } from '../devices/builders.ts';
import { startMs, testRuntime } from '../support/runtime.ts';

const unstakeId = 'ust_00000000000000000000000001';

const staked = (number = 1): DeviceStake => withMore(noStake(aDevice(number)), 9n ** 20n, startMs);

const cooling = (): DeviceStake => {
  const order = { unstakeId, units: 5n, nowMs: startMs + 1, cooldownMs: 14 * dayMs } as const;
  const decision = decideUnstake(staked(), order);
  if (decision.outcome !== 'cooling') throw new Error(decision.outcome);
  return decision.stake;
};

it('a stake is read as it was written', async () => {
  const runtime = testRuntime();
  expect(await getStake(runtime.database, testId('dev', 1))).toBeUndefined();
  await commit(runtime, [putStake(staked())]);
  await commit(runtime, [putStake(cooling())]);
  expect(await getStake(runtime.database, testId('dev', 1))).toEqual(cooling());
});

it('is put over the version that was read, and over no other', async () => {
  const runtime = testRuntime();
  await commit(runtime, [putStake(staked())]);
  await expect(commit(runtime, [putStake(staked())])).rejects.toThrow(WriteRefused);
  await commit(runtime, [putStake(cooling())]);
  await expect(commit(runtime, [putStake(cooling())])).rejects.toThrow(WriteRefused);
});

it('many are read at once, whatever is asked twice or has none', async () => {
  const runtime = testRuntime();
  const numbers = Array.from({ length: 130 }, (_, index) => index + 1);
  for (const number of numbers) await commit(runtime, [putStake(staked(number))]);
  const ids = [...numbers, ...numbers, 999].map((number) => testId('dev', number));
  const found = await getStakes(runtime.database, ids);
  expect(found.map(({ deviceId }) => deviceId).sort()).toEqual(
    numbers.map((number) => testId('dev', number)),
  );
  expect(await getStakes(runtime.database, [])).toEqual([]);
});

it('an organisation sees its own, newest device first', async () => {
  const runtime = testRuntime();
  const foreign = noStake(aDevice(3, { organisationId: testId('org', 2) }));
  await commit(runtime, [putStake(staked(1)), putStake(staked(2))]);
  await commit(runtime, [putStake(withMore(foreign, 1n, startMs))]);
  const { stakes, next } = await listStakes(runtime.database, testId('org', 1), { limit: 10 });
  expect(stakes.map(({ deviceId }) => deviceId)).toEqual([testId('dev', 2), testId('dev', 1)]);
  expect(next).toBeUndefined();
});

it('a cooldown is due when it ends, and is taken off the list once', async () => {
  const runtime = testRuntime();
  const due = { deviceId: testId('dev', 1), unstakeId, endsAtMs: startMs } as const;
  const listed = async (nowMs: number) => {
    const shards = Array.from({ length: cooldownShards }, (_, shard) => shard);
    const pages = shards.map((shard) => listDueCooldowns(runtime.database, { shard, nowMs }));
    return (await Promise.all(pages)).flatMap(({ due: found }) => found);
  };
  await commit(runtime, [putDueCooldown(due)]);
  expect(await listed(startMs - 1)).toEqual([]);
  expect(await listed(startMs)).toEqual([due]);
  await commit(runtime, [takeDueCooldown(due)]);
  expect(await listed(startMs)).toEqual([]);
  await expect(commit(runtime, [takeDueCooldown(due)])).rejects.toThrow(WriteRefused);
});

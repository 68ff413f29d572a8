/** What is watched for its budget or its freeze is found, however much of it there is. */
import { commit } from '../../functions/kit/transaction.ts';
import { newId } from '../../shared/core/ids.ts';
import {
  freezeSpending,
  getSpending,
  listWatched,
} from '../../shared/payments/budgets/budget-store.ts';
import { watchShards } from '../../shared/payments/keys.ts';
import { testRuntime } from '../support/runtime.ts';

it('all of a shard is listed, more than a page of it, and each once', async () => {
  const runtime = testRuntime();
  const { database, clock, randomness } = runtime;
  const targetIds = Array.from({ length: 130 * watchShards }, () =>
    newId('org', clock.nowMs(), randomness),
  );
  for (const targetId of targetIds) {
    await commit(runtime, freezeSpending(await getSpending(database, targetId), 'dispute'));
  }
  const shards = Array.from({ length: watchShards }, (_, shard) => shard);
  const watched = await Promise.all(shards.map((shard) => listWatched(database, shard)));
  expect(Math.max(...watched.map(({ length }) => length))).toBeGreaterThan(100);
  expect(watched.flat().toSorted()).toEqual(targetIds.toSorted());
});

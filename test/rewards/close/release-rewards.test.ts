/** Guarantees of `release-rewards`: what is held comes free in time, and not to whom suspicion has reached. */
import { postEmission } from '../../../functions/ledger/rewards/post-emission.ts';
import { postReward } from '../../../functions/ledger/rewards/post-reward.ts';
import { mergeCohorts } from '../../../functions/proofs/merge-cohorts.ts';
import { releaseRewards } from '../../../functions/rewards/close/release-rewards.schedule.ts';
import { shardOf } from '../../../shared/core/hash.ts';
import { dayMs, hourMs, isoOf } from '../../../shared/core/time.ts';
import { heldRewardPartition, heldRewardShards } from '../../../shared/ledger/keys.ts';
import { getRewardBalance } from '../../../shared/ledger/rewards/io-balance-store.ts';
import { testId } from '../../devices/builders.ts';
import { startMs, testRuntime } from '../../support/runtime.ts';
import { Closing, hourStartMs } from './closing.ts';

const releaseAtMs = hourStartMs + hourMs + 3 * dayMs;

/** Two organisations with a new device each, and a third with an old one; the hour is closed. */
const closed = async () => {
  const closing = new Closing();
  const devices = [
    await closing.add(1, { firstRewardedMs: null }),
    await closing.add(2, { organisation: 2, firstRewardedMs: null }),
    await closing.add(3, { organisation: 3 }),
  ];
  await closing.judged();
  await closing.execute();
  const held = async () => {
    const balances = [1, 2, 3].map((number) =>
      getRewardBalance(closing.database, testId('org', number)),
    );
    return (await Promise.all(balances)).map((balance) => balance.held > 0n);
  };
  const release = (atMs: number) => {
    closing.runtime.clock.ms = atMs;
    return releaseRewards(closing.runtime);
  };
  return { closing, devices, held, release };
};

/** More than a page of one organisation's, and as much of one in another shard; all of it is due. */
const hoursHeld = 101;
const manyHeld = async () => {
  const runtime = testRuntime();
  const all = Array.from({ length: 40 }, (_, number) => testId('org', number + 1));
  const inShard = (shard: number) =>
    all.find((each) => shardOf(each, heldRewardShards) === shard) ?? '';
  const organisations = [inShard(0), inShard(heldRewardShards - 1)];
  for (let hour = 0; hour < hoursHeld; hour += 1) {
    const epochId = isoOf(startMs + hour * hourMs).slice(0, 13);
    const emission = { epochId, units: 10n, source: 'issuance' as const, unallocatedUnits: 0n };
    await postEmission(runtime, emission);
    for (const organisation of organisations) {
      const fact = { epochId, organisation, units: 1n, heldUnits: 1n, releaseAtMs: startMs };
      await postReward(runtime, fact);
    }
  }
  const held = async () => {
    const balances = await Promise.all(
      organisations.map((each) => getRewardBalance(runtime.database, each)),
    );
    return organisations.filter((_, index) => (balances[index]?.held ?? 0n) > 0n);
  };
  return { runtime, organisations, held };
};

describe('release-rewards', () => {
  it('gives free what was held, three days after the hour and once', async () => {
    const { closing, held, release } = await closed();
    expect(await held()).toEqual([true, true, false]);
    expect(await release(releaseAtMs - 1)).toEqual({ done: 0, failed: 0 });
    expect(await release(releaseAtMs)).toEqual({ done: 2, failed: 0 });
    expect(await held()).toEqual([false, false, false]);
    expect(await release(releaseAtMs)).toEqual({ done: 0, failed: 0 });
    expect(await closing.broken()).toEqual([]);
  });

  it('keeps what organisations earned with new devices that suspicion has merged, and says so', async () => {
    const { closing, devices, held, release } = await closed();
    const [one, , three] = devices.map(({ id }) => id);
    await mergeCohorts(closing.runtime, [one ?? '', three ?? '']);
    expect(await release(releaseAtMs)).toEqual({ done: 2, failed: 0 });
    expect(await held()).toEqual([true, false, false]);
    expect(closing.runtime.lines.map(({ event }) => event)).toContain('rewards.kept_for_suspicion');
    expect(await closing.broken()).toEqual([]);
    // It is not looked at again: an operator decides.
    expect(await release(releaseAtMs)).toEqual({ done: 0, failed: 0 });
    expect(await held()).toEqual([true, false, false]);
  });

  it('gets to everybody, however much is due of others and however much of it fails', async () => {
    const { runtime, organisations, held } = await manyHeld();
    const [first = ''] = organisations;
    runtime.database.faultOf = (writes) =>
      writes.some(({ key }) => key.pk.endsWith(`:${first}`)) ? 'lost_request' : 'none';
    const total = organisations.length * hoursHeld;
    expect(await releaseRewards(runtime)).toEqual({ done: total - hoursHeld, failed: hoursHeld });
    expect(await held()).toEqual([first]);
    runtime.database.faultOf = () => 'none';
    expect(await releaseRewards(runtime)).toEqual({ done: hoursHeld, failed: 0 });
    expect(await held()).toEqual([]);
  });

  it('takes a page of each shard in turn', async () => {
    const { runtime, organisations } = await manyHeld();
    const [crowded = '', other = ''] = organisations;
    const read: string[] = [];
    const { query } = runtime.database;
    runtime.database.query = (table, asked) => {
      if (asked.index === 'by_maturity') read.push(asked.pk);
      return query.call(runtime.database, table, asked);
    };
    await releaseRewards(runtime);
    const shards = [crowded, other].map((each) => heldRewardPartition(shardOf(each, 16)));
    expect(read.filter((pk) => pk === shards[0])).toHaveLength(2);
    expect(read.lastIndexOf(shards[0] ?? '')).toBe(heldRewardShards);
    expect(read).toContain(shards[1]);
  });

  it('keeps it also where the suspected devices are one supplier’s', async () => {
    const { closing, devices, held, release } = await closed();
    const second = await closing.add(4);
    await mergeCohorts(closing.runtime, [devices[0]?.id ?? '', second.id]);
    await release(releaseAtMs);
    expect(await held()).toEqual([true, false, false]);
  });
});

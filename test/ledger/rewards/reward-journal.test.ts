/** The journal of rewards, row by row: what hours release, pay, hold and leave, and what is minted for it. */
import { keepReward } from '../../../functions/ledger/rewards/post-reward.ts';
import {
  keptHoursMax,
  releaseKeptRewards,
} from '../../../functions/ledger/rewards/release-kept-rewards.ts';
import { dayMs } from '../../../shared/core/time.ts';
import { heldRewardShards } from '../../../shared/ledger/keys.ts';
import { emissionOfDay } from '../../../shared/ledger/rewards/mint.ts';
import {
  listKeptRewards,
  listRewardHoldsDue,
} from '../../../shared/ledger/rewards/reward-store.ts';
import type { Transfer } from '../../../shared/ledger/transfer.ts';
import { oneIo } from '../../simulation/ledger/chain-fixture.ts';
import { payer, supplier } from '../../simulation/ledger/fixture.ts';
import {
  emitted,
  epochOf,
  genesisMs,
  RewardFixture,
} from '../../simulation/ledger/reward-fixture.ts';

const row = ({ id, asset, code, external, legs }: Transfer) => ({
  id,
  asset,
  code,
  external,
  legs: Object.fromEntries(legs.map(({ account, units }) => [account, units])),
});

/** Something that is written beside a fact, once. */
const mark = (pk: string) => [
  {
    kind: 'put' as const,
    table: 'payments' as const,
    key: { pk, sk: 'MARK' },
    attributes: {},
    condition: { exists: false },
  },
];

describe('the release of an hour', () => {
  it('is what the schedule emits, and what nobody earned leaves the pool with it', async () => {
    const fixture = new RewardFixture();
    const posted = await fixture.emit(0, { unallocatedUnits: 4_566n }, mark('EPOCH#0'));
    expect('transfer' in posted && row(posted.transfer)).toEqual({
      id: 'em:2026-11-01T00',
      asset: 'io',
      code: 'emission',
      external: undefined,
      legs: { 'ext:issuance': -456_621_004_566n, 'reward:pool': 456_621_004_566n },
    });
    expect(row(await fixture.transfer('rw:2026-11-01T00:'))).toEqual({
      id: 'rw:2026-11-01T00:',
      asset: 'io',
      code: 'unallocated_reward',
      external: undefined,
      legs: { 'reward:pool': -4_566n, 'reward:unallocated': 4_566n },
    });
    expect(await fixture.sum('reward:pool')).toBe(456_621_000_000n);
    expect(fixture.runtime.database.all('payments')).toHaveLength(1);
    expect(await fixture.broken()).toEqual([]);
  });

  it('of which everything was earned has no second transfer; of nothing earned all of it is', async () => {
    const fixture = new RewardFixture();
    await fixture.emit(0);
    await expect(fixture.transfer('rw:2026-11-01T00:')).rejects.toThrow('no transfer');
    await fixture.emit(1, { unallocatedUnits: emitted(1) });
    expect(await fixture.sum('reward:unallocated')).toBe(emitted(1));
    expect(await fixture.sum('reward:pool')).toBe(emitted(0));
    expect(await fixture.broken()).toEqual([]);
  });

  it('told again changes nothing, and of another amount, source or rest is an alarm', async () => {
    const fixture = new RewardFixture();
    await fixture.emit(0, { unallocatedUnits: 5n });
    expect(await fixture.emit(0, { unallocatedUnits: 5n })).toMatchObject({
      outcome: 'already_done',
    });
    await expect(fixture.emit(0, { unallocatedUnits: 6n })).rejects.toThrow('another cause');
    await expect(fixture.emit(0, { units: 5n, unallocatedUnits: 5n })).rejects.toThrow('another');
    await fixture.funded(1_000_000n * oneIo);
    await expect(fixture.emit(0, { unallocatedUnits: 5n, source: 'fund' })).rejects.toThrow(
      'cause',
    );
  });

  it('happens with what is written beside it, or not at all', async () => {
    const fixture = new RewardFixture();
    await fixture.emit(0, {}, mark('EPOCH#0'));
    await expect(fixture.emit(1, {}, mark('EPOCH#0'))).rejects.toThrow('others kept changing');
    await expect(fixture.transfer('em:2026-11-01T01')).rejects.toThrow('no transfer');
    // What is asked afresh may find another way.
    let asked = 0;
    const posted = await fixture.emit(1, {}, async () => {
      asked += 1;
      return mark(asked < 3 ? 'EPOCH#0' : 'EPOCH#1');
    });
    expect(posted).toMatchObject({ outcome: 'committed' });
    expect(asked).toBe(3);
  });

  it('of nothing writes only what is beside it', async () => {
    const fixture = new RewardFixture();
    expect(await fixture.emit(0, { units: 0n }, mark('EPOCH#0'))).toEqual({ outcome: 'nothing' });
    expect(fixture.runtime.database.all('payments')).toHaveLength(1);
    expect(fixture.runtime.database.all('ledger')).toEqual([]);
  });

  it('of no hour, or with more left than it releases, is an alarm', async () => {
    const fixture = new RewardFixture();
    await expect(fixture.emit(0, { epochId: '2026-11-01T24' })).rejects.toThrow('names no hour');
    await expect(fixture.emit(0, { units: 4n, unallocatedUnits: 5n })).rejects.toThrow('too much');
  });
});

describe('the fund of an existing token', () => {
  it('is what was given for rewards, claimed out of suspense once', async () => {
    const fixture = new RewardFixture();
    await fixture.stray('io', 10n * oneIo, 'sig1');
    const posted = await fixture.claimForRewards(10n * oneIo);
    expect('transfer' in posted && row(posted.transfer)).toEqual({
      id: 'claim:sig1:ioAta',
      asset: 'io',
      code: 'reward_funding',
      external: undefined,
      legs: { 'suspense:io': -10n * oneIo, 'reward:fund': 10n * oneIo },
    });
    expect(posted).toMatchObject({ ended: 'treasury', creditUnits: 0n });
    expect(await fixture.claimForRewards(10n * oneIo)).toMatchObject({ outcome: 'already_done' });
    await expect(fixture.fund('io', 10n * oneIo)).rejects.toThrow('another cause');
    expect(await fixture.fundLeft()).toBe(10n * oneIo);
    expect((await fixture.balance('fx:io')).posted).toBe(0n);
    expect(await fixture.broken()).toEqual([]);
  });

  it('releases what is there and never more', async () => {
    const fixture = new RewardFixture();
    await fixture.funded(10n * oneIo);
    const source = 'fund' as const;
    const short = await fixture.emit(0, { units: 10n * oneIo + 1n, source }, mark('EPOCH#0'));
    expect(short).toEqual({ outcome: 'fund_short', available: 10n * oneIo });
    expect(fixture.runtime.database.all('payments')).toEqual([]);
    const posted = await fixture.emit(0, { units: 10n * oneIo, source });
    expect('transfer' in posted && row(posted.transfer).legs).toEqual({
      'reward:fund': -10n * oneIo,
      'reward:pool': 10n * oneIo,
    });
    // Told again it stays done, though nothing is left.
    expect(await fixture.emit(0, { units: 10n * oneIo, source })).toMatchObject({
      outcome: 'already_done',
    });
    expect(await fixture.emit(1, { units: 1n, source })).toMatchObject({ available: 0n });
    expect(await fixture.sum('ext:issuance')).toBe(0n);
    expect(await fixture.broken()).toEqual([]);
  });
});

describe('the reward of an hour', () => {
  it('goes from the pool to the organisation, once', async () => {
    const fixture = new RewardFixture();
    await fixture.emit(0);
    const posted = await fixture.reward(7n * oneIo);
    expect(row(posted.transfer)).toEqual({
      id: 'rw:2026-11-01T00:org_supplier',
      asset: 'io',
      code: 'reward',
      external: undefined,
      legs: { 'reward:pool': -7n * oneIo, 'sup_io:org_supplier': 7n * oneIo },
    });
    expect(await fixture.reward(7n * oneIo)).toMatchObject({ outcome: 'already_done' });
    await expect(fixture.reward(8n * oneIo)).rejects.toThrow('another cause');
    expect(await fixture.rewards()).toMatchObject({ available: 7n * oneIo, held: 0n });
    expect(await fixture.broken()).toEqual([]);
  });

  it('before its hour was released, or beyond what it released, is an alarm', async () => {
    const fixture = new RewardFixture();
    await expect(fixture.reward(1n)).rejects.toThrow('em:2026-11-01T00 is not posted');
    await fixture.emit(0, { units: 5n });
    await expect(fixture.reward(6n)).rejects.toThrow('released less');
  });

  it('of new devices is held until its time, and then given free once', async () => {
    const fixture = new RewardFixture();
    fixture.nowMs = genesisMs;
    await fixture.emit(0);
    await fixture.reward(7n * oneIo, 0, { heldUnits: 2n * oneIo });
    expect(await fixture.rewards()).toMatchObject({ available: 5n * oneIo, held: 2n * oneIo });
    expect(await fixture.stake(6n * oneIo)).toEqual({
      outcome: 'balance_short',
      available: 5n * oneIo,
    });
    await expect(fixture.release()).rejects.toThrow('is held until 2026-11-04T00:00:00.000Z');
    fixture.nowMs = genesisMs + 3 * dayMs;
    expect(await fixture.release()).toEqual({ outcome: 'released' });
    expect(await fixture.release()).toEqual({ outcome: 'already_done' });
    expect(await fixture.rewards()).toMatchObject({ available: 7n * oneIo, held: 0n });
    expect(await fixture.broken()).toEqual([]);
  });

  it('of which nothing is held has nothing to release', async () => {
    const fixture = new RewardFixture();
    await fixture.emit(0);
    await fixture.reward(7n);
    await expect(fixture.release()).rejects.toThrow('nothing of 2026-11-01T00 is held');
    await expect(fixture.reward(1n, 0, { organisation: payer, heldUnits: 2n })).rejects.toThrow(
      'holds more than it pays',
    );
  });
});

/** What is due at this time. */
const due = async (fixture: RewardFixture, nowMs: number) => {
  const shards = Array.from({ length: heldRewardShards }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map((shard) => listRewardHoldsDue(fixture.runtime.database, { shard, nowMs })),
  );
  return pages
    .flatMap(({ holds }) => holds.map(({ organisation, epochId }) => `${epochId} ${organisation}`))
    .sort();
};

it('held rewards are listed from their time on until they are released', async () => {
  const fixture = new RewardFixture();
  for (const hour of [0, 1]) await fixture.emit(hour);
  const until = (releaseAtMs: number) => ({ heldUnits: 1n, releaseAtMs });
  await fixture.reward(5n, 0, until(genesisMs + dayMs));
  await fixture.reward(5n, 1, until(genesisMs + dayMs + 1));
  await fixture.reward(5n, 0, { ...until(genesisMs + dayMs), organisation: payer });
  await fixture.reward(5n, 1, { organisation: payer });
  expect(await due(fixture, genesisMs + dayMs - 1)).toEqual([]);
  expect(await due(fixture, genesisMs + dayMs)).toEqual([
    `${epochOf(0)} ${payer}`,
    `${epochOf(0)} ${supplier}`,
  ]);
  fixture.nowMs = genesisMs + dayMs;
  await fixture.release(0);
  expect(await due(fixture, genesisMs + 2 * dayMs)).toEqual([
    `${epochOf(0)} ${payer}`,
    `${epochOf(1)} ${supplier}`,
  ]);
});

describe('a reward that is kept beyond its time', () => {
  const organisation = supplier;

  /** Two hours of a supplier, due; the first of them is kept. */
  const kept = async () => {
    const fixture = new RewardFixture();
    for (const hour of [0, 1]) {
      await fixture.emit(hour);
      await fixture.reward(5n, hour, { heldUnits: 2n, releaseAtMs: genesisMs + dayMs });
    }
    fixture.nowMs = genesisMs + dayMs;
    const { runtime } = fixture;
    const keep = () => keepReward(runtime, { epochId: epochOf(0), organisation });
    expect(await keep()).toEqual({ outcome: 'kept' });
    const list = async (of?: string) =>
      (await listKeptRewards(runtime.database, { organisation: of, limit: 9 })).holds;
    return { fixture, keep, list };
  };

  it('is due no longer, and listed for the operator alone', async () => {
    const { fixture, keep, list } = await kept();
    expect(await due(fixture, fixture.nowMs)).toEqual([`${epochOf(1)} ${supplier}`]);
    const found = { epochId: epochOf(0), left: 2n, keptAtMs: fixture.nowMs };
    expect(await list()).toEqual([expect.objectContaining(found)]);
    expect(await list(payer)).toEqual([]);
    expect(await keep()).toEqual({ outcome: 'already_done' });
    expect(await fixture.release(0)).toEqual({ outcome: 'already_done' });
    expect(await fixture.rewards()).toMatchObject({ available: 6n, held: 4n });
    expect(await fixture.broken()).toEqual([]);
  });

  it('comes free by the operator’s decision, once and with what is written beside it', async () => {
    const { fixture, list } = await kept();
    const release = (pk: string) => releaseKeptRewards(fixture.runtime, organisation, mark(pk));
    const released = { outcome: 'released', units: 2n, hours: 1, hasMore: false };
    expect(await release('AUDIT#1')).toEqual(released);
    expect(await release('AUDIT#2')).toEqual({ outcome: 'nothing' });
    expect(fixture.runtime.database.all('payments').map(({ pk }) => pk)).toEqual(['AUDIT#1']);
    expect(await list()).toEqual([]);
    expect(await fixture.rewards()).toMatchObject({ available: 8n, held: 2n });
    expect(await fixture.broken()).toEqual([]);
  });

  it('is not kept before its time, nor after it was released', async () => {
    const { fixture } = await kept();
    const keep = () => keepReward(fixture.runtime, { epochId: epochOf(1), organisation });
    fixture.nowMs -= 1;
    await expect(keep()).rejects.toThrow('is held anyway until');
    fixture.nowMs += 1;
    await fixture.release(1);
    expect(await keep()).toEqual({ outcome: 'already_done' });
  });

  it('comes free in as many hours at once as a transaction has room for', async () => {
    const fixture = new RewardFixture();
    const hours = Array.from({ length: keptHoursMax + 1 }, (_, hour) => hour);
    for (const hour of hours) {
      await fixture.emit(hour);
      await fixture.reward(1n, hour, { heldUnits: 1n, releaseAtMs: genesisMs });
    }
    fixture.nowMs = genesisMs;
    for (const hour of hours) {
      await keepReward(fixture.runtime, { epochId: epochOf(hour), organisation });
    }
    const release = () => releaseKeptRewards(fixture.runtime, organisation, []);
    expect(await release()).toMatchObject({ hours: keptHoursMax, hasMore: true });
    expect(await release()).toMatchObject({ hours: 1, units: 1n, hasMore: false });
    expect(await fixture.rewards()).toMatchObject({ held: 0n });
  });
});

describe('the mint of a day', () => {
  /** Everything that the day emits, released. */
  const setup = async () => {
    const fixture = new RewardFixture();
    for (let hour = 0; hour < 24; hour += 1) await fixture.emit(hour);
    return fixture;
  };

  it('brings what its hours released to our custody, once', async () => {
    const fixture = await setup();
    const units = emissionOfDay(0);
    expect(await fixture.sum('ext:issuance')).toBe(-units);
    expect(row((await fixture.mint(units)).transfer)).toEqual({
      id: 'mint:0',
      asset: 'io',
      code: 'mint',
      external: 'mintsig',
      legs: { 'ext:io': -units, 'ext:issuance': units },
    });
    expect(await fixture.mint(units)).toMatchObject({ outcome: 'already_done' });
    await expect(fixture.mint(units - 1n)).rejects.toThrow('another cause');
    await expect(fixture.mint(units, { signature: 'sig2' })).rejects.toThrow('another cause');
    expect(await fixture.sum('ext:issuance')).toBe(0n);
    expect(await fixture.sum('ext:io')).toBe(-units);
    expect(await fixture.broken()).toEqual([]);
  });

  it('is never more than its hours emit, and never of no day', async () => {
    const fixture = await setup();
    await expect(fixture.mint(emissionOfDay(0) + 1n)).rejects.toThrow('more than its hours emit');
    await expect(fixture.mint(1n, { day: -1 })).rejects.toThrow('no day of rewards');
    await expect(fixture.mint(1n, { day: 7_305 })).rejects.toThrow('more than its hours emit');
    await expect(fixture.mint(0n)).rejects.toThrow('makes nothing');
  });

  it('needs a transaction that was written down as its own', async () => {
    const fixture = await setup();
    await fixture.own('othersig', 'mint', '1');
    await expect(fixture.mint(1n, { signature: 'othersig' })).rejects.toThrow(
      'others kept changing',
    );
    await expect(fixture.transfer('mint:0')).rejects.toThrow('no transfer');
  });

  it('the days of the schedule emit all of it', () => {
    let sum = 0n;
    for (let day = 0; day < 7_305; day += 1) sum += emissionOfDay(day);
    expect(sum).toBe(300_000_000n * oneIo);
  });
});

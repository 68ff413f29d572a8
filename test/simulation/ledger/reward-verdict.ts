/**
 * Compares the ledger with what the desk of rewards knows: each organisation has what its devices earned, by
 * the prefix sums of the hour counted here again, with what it staked and got back; the pool is empty, what
 * nobody earned stands apart, and the items that were committed beside the ledger say what the ledger says.
 */
import type { Database } from '../../../shared/core/database.ts';
import type { LedgerContents } from '../../../shared/ledger/invariants.ts';
import { cooldownShards } from '../../../shared/rewards/keys.ts';
import { getStakes, listDueCooldowns, sumStaked } from '../../../shared/rewards/stake-store.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import { type DeskHour, epochOf, type RewardDesk } from './reward-desk.ts';
import type { StakeDesk } from './stake-desk.ts';

/** What one hour gives to whom; nobody's is under `none`. */
const duesOf = ({ units = 0n, entries }: DeskHour): ReadonlyMap<string, bigint> => {
  const dues = new Map<string, bigint>();
  const add = (name: string, part: bigint) => dues.set(name, (dues.get(name) ?? 0n) + part);
  const enterprise = (units * 95n) / 100n;
  for (const [pool, amount] of [
    ['enterprise', enterprise],
    ['community', units - enterprise],
  ] as const) {
    const own = entries.filter((entry) => entry.pool === pool);
    const total = own.reduce((sum, { score }) => sum + score, 0n);
    if (total === 0n) add('none', amount);
    let before = 0n;
    for (const { score, owner, coStaker } of own) {
      if (total === 0n) continue;
      const share = (amount * (before + score)) / total - (amount * before) / total;
      before += score;
      const theirs = coStaker ? (share * BigInt(coStaker.basisPoints)) / 10_000n : 0n;
      if (coStaker) add(coStaker.organisation, theirs);
      add(owner, share - theirs);
    }
  }
  return dues;
};

export const compareRewards = async (
  database: Database,
  world: { readonly rewards: RewardDesk; readonly organisations: readonly string[] },
  contents: LedgerContents,
  paidOut: ReadonlyMap<string, bigint>,
): Promise<readonly string[]> => {
  const { rewards: desk, organisations } = world;
  const wrong: string[] = [];
  const posted = (account: string): bigint =>
    contents.balances
      .filter((balance) => balance.account === account)
      .reduce((sum, balance) => sum + balance.posted, 0n);
  const expect = (account: string, units: bigint) => {
    if (posted(account) === units) return;
    wrong.push(`I11: ${account} has ${posted(account)}, its hours and stakes say ${units}`);
  };
  const dues = new Map<string, bigint>();
  let released = 0n;
  for (const hour of desk.hours) {
    if (!hour.isClosed) wrong.push(`hour ${hour.hour} was never closed`);
    const emitted = emissionOf(hour.hour)?.units;
    if (!desk.fromFund && hour.units !== emitted)
      wrong.push(`hour ${hour.hour} is not the schedule's`);
    released += hour.units ?? 0n;
    for (const [name, units] of duesOf(hour)) dues.set(name, (dues.get(name) ?? 0n) + units);
  }
  const { given, minted } = desk.totals;
  expect('reward:pool', 0n);
  expect('reward:unallocated', dues.get('none') ?? 0n);
  expect('reward:fund', given - (desk.fromFund ? released : 0n));
  expect('ext:issuance', minted - (desk.fromFund ? 0n : released));
  for (const organisation of organisations) {
    const due = (dues.get(organisation) ?? 0n) - (paidOut.get(organisation) ?? 0n);
    expect(`sup_io:${organisation}`, due + desk.stakes.broughtTo(organisation));
  }
  wrong.push(...(await compareStakes(database, desk.stakes, contents)));
  for (const { hour } of desk.hours) {
    const key = { pk: `DESK#${epochOf(hour)}`, sk: 'HOUR' };
    if (!(await database.get('rewards', key))) wrong.push(`hour ${hour} was released, not noted`);
  }
  const held = contents.rewardHolds.filter(({ state }) => state === 'open');
  wrong.push(...held.map(({ id }) => `${id} is still held`));
  return wrong;
};

/** After the end of every world: the year 2100. */
const longAfterMs = 4_102_444_800_000;

/** Each device's item says what its account holds, both what the desk counted; nothing cools down any more. */
const compareStakes = async (
  database: Database,
  desk: StakeDesk,
  contents: LedgerContents,
): Promise<readonly string[]> => {
  const wrong: string[] = [];
  const items = await getStakes(
    database,
    desk.devices.map(({ id }) => id),
  );
  for (const device of desk.devices) {
    const name = `stake:${device.organisationId}:${device.id}`;
    const booked = contents.balances.find(({ account }) => account === name);
    const item = items.find(({ deviceId }) => deviceId === device.id);
    const cooling = (item?.cooldowns ?? []).reduce((sum, { units }) => sum + units, 0n);
    const expected = desk.activeOf(device);
    const told = `counts ${booked?.available}, its item says ${item?.activeUnits}, it is ${expected}`;
    if ((booked?.available ?? 0n) !== expected || (item?.activeUnits ?? 0n) !== expected) {
      wrong.push(`I11: ${name} ${told}`);
    }
    if ((booked?.held ?? 0n) !== 0n || cooling !== 0n) {
      wrong.push(`I5: ${name} holds ${booked?.held}, its item ${cooling}, after all cooldowns`);
    }
  }
  const total = desk.devices.reduce((sum, device) => sum + desk.activeOf(device), 0n);
  const told = await sumStaked(database);
  if (told !== total) wrong.push(`all stakes are told to be ${told}, they are ${total}`);
  for (let shard = 0; shard < cooldownShards; shard += 1) {
    const { due } = await listDueCooldowns(database, { shard, nowMs: longAfterMs });
    wrong.push(...due.map(({ unstakeId }) => `${unstakeId} is still listed to come back`));
  }
  return wrong;
};

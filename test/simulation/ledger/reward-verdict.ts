/**
 * Compares the ledger with what the desk of rewards knows: each organisation has what its devices earned, by
 * the prefix sums of the hour counted here again, with what it staked and got back; the pool is empty, what
 * nobody earned stands apart, and the items that were committed beside the ledger say what the ledger says.
 */
import type { Database } from '../../../shared/core/database.ts';
import type { LedgerContents } from '../../../shared/ledger/invariants.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import { activeOf, type DeskHour, devices, epochOf, type RewardDesk } from './reward-desk.ts';

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
    const moved = desk.moved.get(organisation) ?? { staked: 0n, rest: 0n, back: 0n };
    const due = (dues.get(organisation) ?? 0n) - (paidOut.get(organisation) ?? 0n);
    expect(`sup_io:${organisation}`, due - moved.staked + moved.rest + moved.back);
    for (const deviceId of devices) {
      const name = `stake:${organisation}:${deviceId}`;
      const active = await activeOf(database, { organisation, deviceId });
      const stake = contents.balances.find(({ account }) => account === name);
      if ((stake?.available ?? 0n) !== active) {
        wrong.push(`${name} has ${stake?.available} that counts, the item beside it ${active}`);
      }
    }
  }
  for (const { hour } of desk.hours) {
    const key = { pk: `DESK#${epochOf(hour)}`, sk: 'HOUR' };
    if (!(await database.get('rewards', key))) wrong.push(`hour ${hour} was released, not noted`);
  }
  const held = contents.rewardHolds.filter(({ state }) => state === 'open');
  wrong.push(...held.map(({ id }) => `${id} is still held`));
  return wrong;
};

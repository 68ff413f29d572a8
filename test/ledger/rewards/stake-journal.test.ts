/** The journal of stakes, row by row: from rewards, by deposit, unstaked and back. */
import { getBalances } from '../../../functions/ledger/get-balances.ts';
import { sumAllStakes } from '../../../shared/ledger/ledger-store.ts';
import type { Transfer } from '../../../shared/ledger/transfer.ts';
import { oneIo } from '../../simulation/ledger/chain-fixture.ts';
import { payer, supplier } from '../../simulation/ledger/fixture.ts';
import { deviceId, RewardFixture } from '../../simulation/ledger/reward-fixture.ts';

const row = ({ id, asset, code, external, legs }: Transfer) => ({
  id,
  asset,
  code,
  external,
  legs: Object.fromEntries(legs.map(({ account, units }) => [account, units])),
});

/** A supplier with 100 IO of rewards. */
const setup = async () => {
  const fixture = new RewardFixture();
  await fixture.rewarded(100n * oneIo);
  return fixture;
};

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

describe('a stake from rewards', () => {
  it('moves them to the device, once', async () => {
    const fixture = await setup();
    const posted = await fixture.stake(60n * oneIo, {}, mark('STAKE#1'));
    expect('transfer' in posted && row(posted.transfer)).toEqual({
      id: 'stake:stk_1',
      asset: 'io',
      code: 'stake',
      external: undefined,
      legs: { 'sup_io:org_supplier': -60n * oneIo, 'stake:org_supplier:dev_1': 60n * oneIo },
    });
    // What is posted stays posted, though less is available than it took.
    expect(await fixture.stake(60n * oneIo)).toMatchObject({ outcome: 'already_done' });
    await expect(fixture.stake(61n * oneIo)).rejects.toThrow('another cause');
    await expect(fixture.stake(60n * oneIo, { deviceId: 'dev_2' })).rejects.toThrow(
      'another cause',
    );
    expect(await fixture.rewards()).toMatchObject({ available: 40n * oneIo, held: 0n });
    expect(await fixture.staked()).toMatchObject({ available: 60n * oneIo, held: 0n });
    expect(await fixture.broken()).toEqual([]);
  });

  it('of more than is available is refused, and writes nothing', async () => {
    const fixture = await setup();
    const refused = await fixture.stake(100n * oneIo + 1n, {}, mark('STAKE#1'));
    expect(refused).toEqual({ outcome: 'balance_short', available: 100n * oneIo });
    expect(await fixture.stake(1n, { organisation: payer })).toMatchObject({ available: 0n });
    expect(fixture.runtime.database.all('payments')).toEqual([]);
    expect(await fixture.stake(100n * oneIo)).toMatchObject({ outcome: 'committed' });
  });

  it('happens with what is written beside it, or not at all', async () => {
    const fixture = await setup();
    await fixture.stake(1n, {}, mark('STAKE#1'));
    const again = fixture.stake(1n, { stakeId: 'stk_2' }, mark('STAKE#1'));
    await expect(again).rejects.toThrow('others kept changing');
    expect((await fixture.staked()).posted).toBe(1n);
  });

  it('two at once never take more than is there', async () => {
    const fixture = await setup();
    const both = await Promise.all([
      fixture.stake(60n * oneIo, { stakeId: 'stk_1' }),
      fixture.stake(60n * oneIo, { stakeId: 'stk_2' }),
    ]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['balance_short', 'committed']);
    expect((await fixture.staked()).posted).toBe(60n * oneIo);
    expect(await fixture.broken()).toEqual([]);
  });
});

describe('a stake by deposit', () => {
  it('takes what it has room for, and the rest is the supplier’s', async () => {
    const fixture = new RewardFixture();
    const posted = await fixture.arriveStake(50n * oneIo, 30n * oneIo);
    expect(row(posted.transfer)).toEqual({
      id: 'sol:stakesig:ioAta',
      asset: 'io',
      code: 'stake_deposit',
      external: 'sol:stakesig:ioAta',
      legs: {
        'ext:io': -50n * oneIo,
        'stake:org_supplier:dev_1': 30n * oneIo,
        'sup_io:org_supplier': 20n * oneIo,
      },
    });
    expect(posted).toMatchObject({
      ended: 'staked',
      stakeUnits: 30n * oneIo,
      creditUnits: 0n,
    });
    expect(await fixture.broken()).toEqual([]);
  });

  it('with room for all or for nothing has two legs', async () => {
    const fixture = new RewardFixture();
    const all = await fixture.arriveStake(5n, 5n, 'sig1');
    expect(row(all.transfer).legs).toEqual({ 'ext:io': -5n, 'stake:org_supplier:dev_1': 5n });
    const none = await fixture.arriveStake(5n, 0n, 'sig2');
    expect(row(none.transfer).legs).toEqual({ 'ext:io': -5n, 'sup_io:org_supplier': 5n });
    expect(none).toMatchObject({ ended: 'staked', stakeUnits: 0n });
  });

  it('told again is as it was committed, whatever room there is by then', async () => {
    const fixture = new RewardFixture();
    await fixture.arriveStake(50n, 30n);
    expect(await fixture.arriveStake(50n, 0n)).toMatchObject({
      outcome: 'already_done',
      stakeUnits: 30n,
    });
    await expect(fixture.arriveStake(51n, 30n)).rejects.toThrow('another cause');
    await expect(fixture.arrive('io', 50n, undefined, 'stakesig')).rejects.toThrow('another cause');
  });

  it('of more than arrived, or of another token, is an alarm', async () => {
    const fixture = new RewardFixture();
    await expect(fixture.arriveStake(5n, 6n)).rejects.toThrow('more than arrived');
    const ending = { kind: 'stake' as const, organisation: supplier, deviceId, stakeUnits: 1n };
    await expect(fixture.arrive('usdc', 5n, ending)).rejects.toThrow('another token');
  });
});

describe('unstaking', () => {
  const staked = async () => {
    const fixture = await setup();
    await fixture.stake(60n * oneIo);
    return fixture;
  };

  it('holds the part at once, and posts it back once', async () => {
    const fixture = await staked();
    await fixture.unstake(40n * oneIo);
    expect(await fixture.staked()).toMatchObject({ available: 20n * oneIo, held: 40n * oneIo });
    expect(await fixture.planUnstake(20n * oneIo + 1n, 'uns_2')).toEqual({
      outcome: 'stake_short',
      available: 20n * oneIo,
    });
    expect(row((await fixture.withdraw('uns_1', mark('STAKE#1'))).transfer)).toEqual({
      id: 'withdraw:uns_1',
      asset: 'io',
      code: 'stake_withdrawal',
      external: undefined,
      legs: { 'stake:org_supplier:dev_1': -40n * oneIo, 'sup_io:org_supplier': 40n * oneIo },
    });
    expect(await fixture.withdraw('uns_1', mark('STAKE#1'))).toMatchObject({
      outcome: 'already_done',
    });
    expect(await fixture.staked()).toMatchObject({ available: 20n * oneIo, held: 0n });
    expect(await fixture.rewards()).toMatchObject({ available: 80n * oneIo, held: 0n });
    expect(await fixture.broken()).toEqual([]);
  });

  it('twice under one id, or of a stake that two take at once, is refused by the writes', async () => {
    const fixture = await staked();
    const first = await fixture.planUnstake(40n * oneIo, 'uns_1');
    const second = await fixture.planUnstake(40n * oneIo, 'uns_2');
    const database = fixture.runtime.database;
    await database.transact('writes' in first ? first.writes : [], 'a');
    await expect(database.transact('writes' in second ? second.writes : [], 'b')).rejects.toThrow(
      'condition',
    );
    await expect(fixture.unstake(1n, 'uns_1')).rejects.toThrow('condition');
    expect((await fixture.staked()).held).toBe(40n * oneIo);
  });

  it('of what was never unstaked has nothing to bring back', async () => {
    await expect((await staked()).withdraw('uns_9')).rejects.toThrow('uns_9 was never unstaked');
  });
});

it('an organisation’s stakes are summed over its devices, what waits to come back included', async () => {
  const fixture = await setup();
  const sum = async (organisation?: string) => (await fixture.rewards(organisation)).staked;
  expect(await sum()).toBe(0n);
  await fixture.stake(10n, { stakeId: 'stk_1' });
  await fixture.stake(5n, { stakeId: 'stk_2', deviceId: 'dev_2' });
  await fixture.stake(3n, { stakeId: 'stk_3' });
  await fixture.unstake(4n);
  expect(await sum()).toBe(18n);
  expect(await sum(payer)).toBe(0n);
  // A deposit that leaves nothing over does not touch the rewards otherwise.
  await fixture.arriveStake(7n, 7n);
  await fixture.arriveStake(2n, 0n, 'restsig');
  expect(await sum()).toBe(25n);
  await fixture.withdraw();
  expect(await sum()).toBe(21n);
  expect(await fixture.broken()).toEqual([]);
});

it('the balances cost one read, on however many devices something is staked', async () => {
  const fixture = await setup();
  const { database } = fixture.runtime;
  for (let number = 0; number < 150; number += 1) {
    await fixture.stake(1n, { stakeId: `stk_${number}`, deviceId: `dev_${number}` });
  }
  const reads: string[] = [];
  const call = { caller: { organisationId: supplier }, nowMs: fixture.nowMs };
  const counted = new Proxy(database, {
    get: (target, name) => {
      reads.push(String(name));
      return Reflect.get(target, name).bind(target);
    },
  });
  const shown = await getBalances({ database: counted }, call as never);
  expect(shown.staked).toEqual({ amount: '150', currency: 'io' });
  expect(reads).toEqual(['getMany']);
});

it('all stakes together are summed as they are made, brought and given back', async () => {
  const fixture = await setup();
  const { database } = fixture.runtime;
  expect(await sumAllStakes(database)).toBe(0n);
  for (let n = 0; n < 20; n += 1) await fixture.stake(1n, { stakeId: `stk_${n}` });
  await fixture.stake(5n, { stakeId: 'stk_other', deviceId: 'dev_2' });
  await fixture.arriveStake(9n, 7n);
  expect(await sumAllStakes(database)).toBe(32n);
  await fixture.unstake(4n);
  expect(await sumAllStakes(database)).toBe(32n);
  await fixture.withdraw();
  await fixture.withdraw();
  expect(await sumAllStakes(database)).toBe(28n);
  expect(await fixture.broken()).toEqual([]);
});

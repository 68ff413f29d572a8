/** IO that is sent to be staked: up to what the device takes, and the rest beside the rewards, whenever it comes. */
import { commit } from '../../../functions/kit/transaction.ts';
import { present } from '../../../shared/core/assert.ts';
import { changed, type Device } from '../../../shared/devices/device.ts';
import { getDevice, putDevice, putNewDevice } from '../../../shared/devices/device-store.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { scanLedger, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import {
  getRewardBalance,
  getStakeBalance,
} from '../../../shared/ledger/rewards/io-balance-store.ts';
import { getStake } from '../../../shared/rewards/stake-store.ts';
import { aDevice, testId } from '../../devices/builders.ts';
import { memo } from '../../local/solana/service.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { depositService, dollar, oneIo } from './deposit-service.ts';

/** What an RTX 4090 takes. */
const needed = 250n * oneIo;
const deviceId = testId('dev', 1);

const setup = async () => {
  const service = await depositService();
  const { runtime, organisationId, call, giveIo, arrived } = service;
  const { database } = runtime;
  const gpu = { model: 'RTX 4090', processorKind: 'gpu', gpuIndexes: [0] } as const;
  await commit(runtime, putNewDevice(aDevice(1, { ...gpu, organisationId })));
  await giveIo(2_000n * oneIo);
  const askStake = (units?: bigint, more: object = {}) => {
    const amount = units === undefined ? {} : { amount: { amount: String(units), currency: 'io' } };
    const body = { token: 'io', stake_device_id: deviceId, ...amount, ...more };
    return call('POST', '/v1/deposits', { body });
  };
  const changeDevice = async (changes: Partial<Device>) => {
    const device = present(await getDevice(database, deviceId), 'no device');
    await commit(runtime, [putDevice(changed(device, changes))]);
  };
  const where = async () => {
    const staked = await getStakeBalance(database, organisationId, deviceId);
    const rewards = await getRewardBalance(database, organisationId);
    return { staked: staked.available, rewards: rewards.available };
  };
  /** All that came is in the books, and the stake's item says what its account holds. */
  const checkStake = async () => {
    expect(checkInvariants(await scanLedger(database))).toEqual([]);
    expect(-(await sumAccount(database, 'ext:io'))).toBe(await arrived('io'));
    const item = await getStake(database, deviceId);
    expect((await where()).staked).toBe(item?.activeUnits ?? 0n);
  };
  return { ...service, askStake, changeDevice, where, checkStake };
};

it('is staked when it is final, without a price', async () => {
  const { askStake, pay, settle, show, where, runtime, balances, checkStake } = await setup();
  // Of IO no price is known any more.
  runtime.clock.ms += 20 * 60_000;
  const { status, body } = await askStake(needed);
  expect(status).toBe(201);
  expect(body).toMatchObject({
    price: null,
    status: 'open',
    stake: { device_id: deviceId, staked: { amount: '0' }, kept: { amount: '0' } },
  });
  const transaction = await pay({ token: 'io', units: needed, for: body });
  expect(await settle()).toMatchObject({ done: 1 });
  expect(await where()).toEqual({ staked: needed, rewards: 0n });
  expect(await show(body.id)).toMatchObject({
    status: 'paid',
    stake: { staked: { amount: String(needed), currency: 'io' }, kept: { amount: '0' } },
    credit: { amount: '0' },
    payments: [{ transaction, credit: { amount: '0' } }],
  });
  expect(await balances()).toEqual({ available: 0n, owed: 0n });
  await checkStake();
});

it('is staked up to what the device takes, and the rest is the organisation’s', async () => {
  const { askStake, pay, settle, show, where, checkStake } = await setup();
  const { body } = await askStake();
  await pay({ token: 'io', units: 200n * oneIo, for: body });
  await pay({ token: 'io', units: 75n * oneIo, for: body, before: [memo('again')] });
  await settle();
  expect(await where()).toEqual({ staked: needed, rewards: 25n * oneIo });
  expect(await show(body.id)).toMatchObject({
    stake: { staked: { amount: String(needed) }, kept: { amount: String(25n * oneIo) } },
  });
  await pay({ token: 'io', units: 9n * oneIo, for: body });
  await settle();
  expect(await where()).toEqual({ staked: needed, rewards: 34n * oneIo });
  await checkStake();
});

it('by a memo, too', async () => {
  const { askStake, pay, settle, where, checkStake } = await setup();
  const { body } = await askStake();
  await pay({ token: 'io', units: oneIo, before: [memo(`stake ${body.id}`)] });
  await settle();
  expect(await where()).toEqual({ staked: oneIo, rewards: 0n });
  await checkStake();
});

it('of a device that was terminated meanwhile it is all the organisation’s', async () => {
  const { askStake, changeDevice, pay, settle, show, where, checkStake } = await setup();
  const { body } = await askStake(needed);
  await changeDevice({ status: 'terminated', statusReason: 'terminated_by_supplier' });
  await pay({ token: 'io', units: needed, for: body });
  await settle();
  expect(await where()).toEqual({ staked: 0n, rewards: needed });
  expect(await show(body.id)).toMatchObject({
    status: 'paid',
    stake: { staked: { amount: '0' }, kept: { amount: String(needed) } },
  });
  await checkStake();
});

it('in USDC it is credit, as everything that comes in the other token', async () => {
  const { askStake, pay, settle, where, balances, show, checkStake } = await setup();
  const { body } = await askStake(needed);
  await pay({ units: 102n * dollar, for: body });
  await settle();
  expect(await where()).toEqual({ staked: 0n, rewards: 0n });
  expect((await balances()).available).toBe(100n * dollar);
  expect(await show(body.id)).toMatchObject({ status: 'open' });
  await checkStake();
});

it('does not count against the limit of the platform’s own IO', async () => {
  const { askStake, pay, poll, control, where, needs, checkStake } = await setup();
  Object.assign(needs, { ioPositionLimit: 0n });
  const { body } = await askStake(needed);
  await pay({ token: 'io', units: needed, for: body });
  await control.finalize();
  await poll();
  expect(await where()).toEqual({ staked: needed, rewards: 0n });
  await checkStake();
});

describe('whoever dies', () => {
  const writes = [1, 2, 3, 4].flatMap((number) => [
    [number, 'before'] as const,
    [number, 'after'] as const,
  ]);

  it.each(writes)('at transaction %s, %s it is made: it is staked once', async (number, when) => {
    const { askStake, pay, control, poll, runtime, where, show, checkStake } = await setup();
    const { body } = await askStake(needed);
    await pay({ token: 'io', units: 260n * oneIo, for: body });
    await control.finalize();
    const { database } = runtime;
    const { transact } = database;
    let calls = 0;
    database.transact = async (...all) => {
      calls += 1;
      if (calls !== number) return transact.apply(database, all);
      if (when === 'after') await transact.apply(database, all);
      throw new Error('died');
    };
    await poll();
    database.transact = transact;
    expect(calls).toBeGreaterThanOrEqual(number);
    await poll();
    expect(await where()).toEqual({ staked: needed, rewards: 10n * oneIo });
    const shown = await show(body.id);
    expect(shown).toMatchObject({
      status: 'paid',
      stake: { kept: { amount: String(10n * oneIo) } },
    });
    expect(shown.payments).toHaveLength(1);
    await checkStake();
  });
});

describe('is refused when it is asked for', () => {
  it('422: for more than the device takes, or a device that takes none', async () => {
    const { askStake, changeDevice, pay, settle } = await setup();
    expect(await askStake(needed + 1n)).toMatchObject({
      status: 422,
      body: { code: 'stake.above_maximum', room: String(needed) },
    });
    const { body } = await askStake(needed);
    await pay({ token: 'io', units: needed, for: body });
    await settle();
    expect(await askStake()).toMatchObject({ status: 422, body: { room: '0' } });
    await changeDevice({ model: 'x86-64 CPU', processorKind: 'cpu', gpuIndexes: [] });
    expect(await askStake()).toMatchObject({ status: 422, body: { code: 'stake.not_needed' } });
  });

  it('404: for a device of another organisation, or one that was terminated', async () => {
    const { call, askStake, changeDevice, runtime } = await setup();
    const unknown = { status: 404, body: { code: 'device.not_found' } };
    const key = await makeKey(runtime, await makeOrganisation(runtime, 'Other'));
    const body = { token: 'io', stake_device_id: deviceId };
    expect(await call('POST', '/v1/deposits', { key, body })).toMatchObject(unknown);
    await changeDevice({ status: 'terminated', statusReason: 'terminated_by_supplier' });
    expect(await askStake()).toMatchObject(unknown);
  });

  it('400: in USDC', async () => {
    const { call } = await setup();
    const body = { token: 'usdc', stake_device_id: deviceId };
    expect(await call('POST', '/v1/deposits', { body })).toMatchObject({ status: 400 });
  });
});

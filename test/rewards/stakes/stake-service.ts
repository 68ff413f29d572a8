/**
 * Stakes through their real endpoints and schedule, on the database in memory: a supplier with IO beside their
 * rewards and an RTX 4090, which needs 250 IO. At the end the stakes' items are compared with the books.
 */

import { httpFunction } from '../../../functions/kit/http.ts';
import { commit } from '../../../functions/kit/transaction.ts';
import { postEmission } from '../../../functions/ledger/rewards/post-emission.ts';
import { postReward } from '../../../functions/ledger/rewards/post-reward.ts';
import { stakeRoutes } from '../../../functions/rewards/stake-routes.ts';
import { createStake } from '../../../functions/rewards/stakes/create-stake.ts';
import { endCooldowns } from '../../../functions/rewards/stakes/end-cooldowns.schedule.ts';
import { unstake } from '../../../functions/rewards/stakes/unstake.ts';
import { type Id, type IdPrefix, newId } from '../../../shared/core/ids.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import type { Device } from '../../../shared/devices/device.ts';
import { changed } from '../../../shared/devices/device.ts';
import { getDevice, putDevice, putNewDevice } from '../../../shared/devices/device-store.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { scanLedger } from '../../../shared/ledger/ledger-store.ts';
import {
  getRewardBalance,
  getStakeBalance,
} from '../../../shared/ledger/rewards/io-balance-store.ts';
import { getStake, getStakes, sumStaked } from '../../../shared/rewards/stake-store.ts';
import { aDevice, testId } from '../../devices/builders.ts';
import { callHttp, type TestRequest } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { startMs, type TestRuntime, testRuntime } from '../../support/runtime.ts';

export const io = 10n ** 8n;
/** What the device of these tests needs. */
export const needed = 250n * io;

export const oneGpu = {
  ...{ model: 'RTX 4090', processorKind: 'gpu', processorCount: 1, gpuIndexes: [0] },
} as const satisfies Partial<Device>;

/** An amount of IO as the endpoints take it. */
export const amountOf = (units: bigint) => ({ amount: units.toString(), currency: 'io' });

interface Options {
  readonly runtime?: TestRuntime;
  /** Base units of IO beside the supplier's rewards. */
  readonly rewards?: bigint;
}

export const stakeService = async (options: Options = {}) => {
  const { runtime = testRuntime('stakes'), rewards = 1_000n * io } = options;
  const { database } = runtime;
  // Not on the hour, so that "from the next hour on" can be told from "from now on".
  runtime.clock.ms = startMs + 20 * minuteMs;
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const otherId = await makeOrganisation(runtime, 'Other');
  const other = await makeKey(runtime, otherId, 'owner');
  const deviceId = testId('dev', 1);
  await commit(runtime, putNewDevice(aDevice(1, { ...oneGpu, organisationId })));

  // An hour pays the supplier.
  const epochId = '2026-11-22T11';
  const hour = { epochId, units: rewards, source: 'issuance', unallocatedUnits: 0n } as const;
  await postEmission(runtime, hour);
  const paid = { epochId, organisation: organisationId, units: rewards };
  await postReward(runtime, { ...paid, heldUnits: 0n, releaseAtMs: startMs });

  const serve = httpFunction(runtime, stakeRoutes, { keyMode: 'test' });
  let requests = 0;
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) => {
    requests += 1;
    const headers = { 'idempotency-key': `request-${requests}`, ...request.headers };
    return callHttp(serve, { method, path, key: owner, ...request, headers });
  };
  const stake = (units: bigint, more: Partial<TestRequest> = {}) =>
    call('POST', '/v1/stakes', {
      body: { device_id: deviceId, amount: amountOf(units) },
      ...more,
    });
  const takeBack = (units?: bigint, more: Partial<TestRequest> = {}) =>
    call('POST', `/v1/stakes/${deviceId}/unstake`, {
      body: units === undefined ? {} : { amount: amountOf(units) },
      ...more,
    });
  const show = async () => (await call('GET', `/v1/stakes/${deviceId}`)).body;

  /** A parsed request whose ids are those of its attempt, as a retry that is resumed has them. */
  const attempt = <Body>(body: Body, nth = 1) => ({
    caller: { kind: 'key', organisationId } as never,
    params: { device_id: deviceId },
    ...{ query: {}, body, requestId: 'request', sourceIp: '203.0.113.7' },
    ...{ nowMs: runtime.clock.ms, arrivedAtMs: runtime.clock.ms },
    newId: <P extends IdPrefix>(prefix: P): Id<P> =>
      newId(prefix, startMs, { bytes: (count) => new Uint8Array(count).fill(nth) }),
  });
  /** The handlers themselves, for what dies in them. */
  const handlers = {
    stake: (units: bigint, nth?: number) => {
      const body = { device_id: deviceId, amount: amountOf(units) };
      return createStake(runtime, attempt(body, nth) as never);
    },
    unstake: (units?: bigint, nth?: number) => {
      const body = units === undefined ? {} : { amount: amountOf(units) };
      return unstake(runtime, attempt(body, nth) as never);
    },
    /** The same of another device, under this id. */
    unstakeOf: (
      units: bigint,
      named: { readonly deviceId: string; readonly unstakeId: string },
    ) => {
      const params = { device_id: named.deviceId };
      const call = { ...attempt({ amount: amountOf(units) }), params };
      return unstake(runtime, { ...call, newId: () => named.unstakeId } as never);
    },
  };

  const changeDevice = async (changes: Partial<Device>) => {
    const device = await getDevice(database, deviceId);
    if (device) await commit(runtime, [putDevice(changed(device, changes))]);
  };

  const balances = async () => {
    const free = await getRewardBalance(database, organisationId);
    const staked = await getStakeBalance(database, organisationId, deviceId);
    return { rewards: free.available, active: staked.available, cooling: staked.held };
  };
  /** The ledger is sound, and every stake's item says what its account holds, the sum of all what they all do. */
  const check = async () => {
    expect(checkInvariants(await scanLedger(database))).toEqual([]);
    const { transfers } = await scanLedger(database);
    const booked = transfers
      .flatMap(({ legs }) => legs)
      .filter(({ account }) => account.startsWith('stake:'))
      .reduce((sum, { units }) => sum + units, 0n);
    expect(await sumStaked(database)).toBe(booked);
    const ids = [deviceId, testId('dev', 2)];
    for (const each of await getStakes(database, ids)) {
      const balance = await getStakeBalance(database, each.organisation, each.deviceId);
      expect(balance.available).toBe(each.activeUnits);
      expect(balance.held).toBe(each.cooldowns.reduce((sum, { units }) => sum + units, 0n));
    }
  };

  return {
    ...{ runtime, organisationId, otherId, owner, other, deviceId, call, stake, takeBack },
    ...{ show, handlers, changeDevice, balances, check },
    endCooldowns: () => endCooldowns(runtime),
    item: () => getStake(database, deviceId),
  };
};

export type StakeService = Awaited<ReturnType<typeof stakeService>>;

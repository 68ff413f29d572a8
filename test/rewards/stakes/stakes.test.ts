/** The endpoints of stakes through their real pipeline, and the schedule that ends cooldowns. */
import { commit } from '../../../functions/kit/transaction.ts';
import { shardOf } from '../../../shared/core/hash.ts';
import type { Id } from '../../../shared/core/ids.ts';
import { dayMs, hourMs, isoOf, minuteMs } from '../../../shared/core/time.ts';
import { putNewDevice } from '../../../shared/devices/device-store.ts';
import { cooldownsMax } from '../../../shared/rewards/device-stake.ts';
import { cooldownShards } from '../../../shared/rewards/keys.ts';
import { putDueCooldown } from '../../../shared/rewards/stake-store.ts';
import { aDevice, hired, testId } from '../../devices/builders.ts';
import { makeKey } from '../../support/identity.ts';
import { amountOf, io, needed, oneGpu, stakeService } from './stake-service.ts';

const nothing = { amount: '0', currency: 'io' };

/** Ids whose cooldowns are listed in one shard. */
const idsOfOneShard = (count: number, shard: number, from = 0): Id<'ust'>[] => {
  const ids: Id<'ust'>[] = [];
  for (let number = from; ids.length < count; number += 1) {
    const id: Id<'ust'> = `ust_${String(number).padStart(26, '0')}`;
    if (shardOf(id, cooldownShards) === shard) ids.push(id);
  }
  return ids;
};

describe('POST /v1/stakes', () => {
  it('201: stakes free rewards, which count from the next hour on', async () => {
    const { stake, show, balances, runtime, call, check } = await stakeService();
    const made = await stake(100n * io);
    expect(made).toMatchObject({
      status: 201,
      body: {
        object: 'stake',
        required: amountOf(needed),
        active: amountOf(100n * io),
        room: amountOf(150n * io),
        counts_this_hour: nothing,
        cooling_down: [],
      },
    });
    expect(await balances()).toEqual({ rewards: 900n * io, active: 100n * io, cooling: 0n });
    expect(await show()).toEqual(made.body);
    expect((await call('GET', '/v1/stakes')).body.data).toEqual([made.body]);
    runtime.clock.ms += hourMs;
    expect(await show()).toMatchObject({ counts_this_hour: amountOf(100n * io) });
    await check();
  });

  it('201: adds up to what the device needs', async () => {
    const { stake, check } = await stakeService();
    await stake(100n * io);
    expect((await stake(150n * io)).body).toMatchObject({
      active: amountOf(needed),
      room: nothing,
    });
    await check();
  });

  it('201: is one stake when it is asked for again', async () => {
    const { stake, balances, check } = await stakeService();
    const headers = { 'idempotency-key': 'one-and-the-same' };
    const [first, again] = [await stake(io, { headers }), await stake(io, { headers })];
    expect(again.body).toEqual(first.body);
    expect(await balances()).toMatchObject({ active: io });
    await check();
  });

  it.each([['0'], ['-1'], ['1.5'], ['01'], ['9'.repeat(19)], ['']])(
    '400: refuses an amount of %p',
    async (amount) => {
      const { stake, balances } = await stakeService();
      const body = { device_id: testId('dev', 1), amount: { amount, currency: 'io' } };
      expect(await stake(0n, { body })).toMatchObject({
        status: 400,
        body: { code: 'request.malformed' },
      });
      expect(await balances()).toMatchObject({ active: 0n });
    },
  );

  it('400: refuses dollars', async () => {
    const { stake } = await stakeService();
    const body = { device_id: testId('dev', 1), amount: { amount: '1', currency: 'usd' } };
    expect((await stake(0n, { body })).status).toBe(400);
  });

  it('403: is not for every key', async () => {
    const { stake, runtime, organisationId } = await stakeService();
    const key = await makeKey(runtime, organisationId, 'billing');
    expect(await stake(io, { key })).toMatchObject({ status: 403 });
  });

  it('404: another organisation’s device, and one that was terminated, look unknown', async () => {
    const { stake, other, changeDevice, balances } = await stakeService();
    const unknown = { status: 404, body: { code: 'device.not_found' } };
    expect(await stake(io, { key: other })).toMatchObject(unknown);
    const body = { device_id: testId('dev', 9), amount: amountOf(io) };
    expect(await stake(io, { body })).toMatchObject(unknown);
    await changeDevice({ status: 'terminated', statusReason: 'terminated_by_supplier' });
    expect(await stake(io)).toMatchObject(unknown);
    expect(await balances()).toMatchObject({ rewards: 1_000n * io, active: 0n });
  });

  it('422: refuses a unit more than the device needs, and says how much it takes', async () => {
    const { stake, balances, check } = await stakeService();
    await stake(100n * io);
    expect(await stake(150n * io + 1n)).toMatchObject({
      status: 422,
      body: {
        code: 'stake.above_maximum',
        room: String(150n * io),
        maximum: String(needed),
      },
    });
    expect(await balances()).toMatchObject({ active: 100n * io });
    await check();
  });

  it('422: refuses what is not among the free rewards', async () => {
    const { stake, check } = await stakeService({ rewards: 99n * io });
    expect(await stake(100n * io)).toMatchObject({
      status: 422,
      body: { code: 'stake.balance_short', available: String(99n * io) },
    });
    await check();
  });

  it('422: a device that earns no block reward takes none', async () => {
    const { stake, runtime, organisationId } = await stakeService();
    const cpu = aDevice(2, { organisationId });
    await commit(runtime, putNewDevice(cpu));
    const body = { device_id: cpu.id, amount: amountOf(io) };
    expect(await stake(io, { body })).toMatchObject({
      status: 422,
      body: { code: 'stake.not_needed' },
    });
  });
});

describe('POST /v1/stakes/{device_id}/unstake', () => {
  it('200: counts no more from its start, and comes back after fourteen days', async () => {
    const { stake, takeBack, runtime, balances, endCooldowns, show, check } = await stakeService();
    await stake(needed);
    runtime.clock.ms += hourMs;
    const startedAtMs = runtime.clock.ms;
    const asked = await takeBack(50n * io);
    expect(asked).toMatchObject({
      status: 200,
      body: {
        active: amountOf(200n * io),
        counts_this_hour: amountOf(200n * io),
        cooling_down: [
          {
            amount: amountOf(50n * io),
            started_at: isoOf(startedAtMs),
            ends_at: isoOf(startedAtMs + 14 * dayMs),
          },
        ],
      },
    });
    expect(await balances()).toEqual({
      ...{ rewards: 750n * io, active: 200n * io, cooling: 50n * io },
    });
    await check();
    runtime.clock.ms = startedAtMs + 14 * dayMs - 1;
    expect(await endCooldowns()).toEqual({ done: 0, failed: 0 });
    runtime.clock.ms += 1;
    expect(await endCooldowns()).toEqual({ done: 1, failed: 0 });
    expect(await balances()).toEqual({ rewards: 800n * io, active: 200n * io, cooling: 0n });
    expect(await show()).toMatchObject({ cooling_down: [] });
    expect(await endCooldowns()).toEqual({ done: 0, failed: 0 });
    await check();
  });

  it('200: takes all that is staked unless told', async () => {
    const { stake, takeBack, balances, check } = await stakeService();
    await stake(needed);
    expect((await takeBack()).body).toMatchObject({ active: nothing });
    expect(await balances()).toMatchObject({ active: 0n, cooling: needed });
    await check();
  });

  it('200: makes room to stake again meanwhile', async () => {
    const { stake, takeBack, balances, check } = await stakeService();
    await stake(needed);
    await takeBack();
    expect((await stake(needed)).status).toBe(201);
    expect(await balances()).toEqual({ rewards: 500n * io, active: needed, cooling: needed });
    await check();
  });

  it('200: of a device that was terminated', async () => {
    const { stake, takeBack, changeDevice, call, endCooldowns, balances, runtime, deviceId } =
      await stakeService();
    await stake(needed);
    await changeDevice({ status: 'terminated', statusReason: 'terminated_by_supplier' });
    expect(await call('GET', `/v1/stakes/${deviceId}`)).toMatchObject({
      status: 200,
      body: { required: nothing, active: amountOf(needed), room: nothing },
    });
    expect((await takeBack()).status).toBe(200);
    runtime.clock.ms += 14 * dayMs;
    await endCooldowns();
    expect(await balances()).toEqual({ rewards: 1_000n * io, active: 0n, cooling: 0n });
  });

  it('404: another organisation’s device looks unknown', async () => {
    const { stake, takeBack, other, call, deviceId } = await stakeService();
    await stake(needed);
    const unknown = { status: 404, body: { code: 'device.not_found' } };
    expect(await takeBack(io, { key: other })).toMatchObject(unknown);
    expect(await call('GET', `/v1/stakes/${deviceId}`, { key: other })).toMatchObject(unknown);
    expect((await call('GET', '/v1/stakes', { key: other })).body.data).toEqual([]);
  });

  it('409: nothing comes back while a cluster has the device', async () => {
    const { stake, takeBack, changeDevice, balances, check } = await stakeService();
    await stake(needed);
    await changeDevice(hired);
    expect(await takeBack()).toMatchObject({
      status: 409,
      body: { code: 'stake.device_hired' },
    });
    expect(await balances()).toMatchObject({ active: needed, cooling: 0n });
    await changeDevice({ hiredBy: null, hiredNode: null, hiredAtMs: null, hiredConsent: null });
    expect((await takeBack()).status).toBe(200);
    await check();
  });

  it('422: refuses more than is active, and nothing at all', async () => {
    const { stake, takeBack } = await stakeService();
    expect(await takeBack()).toMatchObject({ status: 422, body: { active: '0' } });
    await stake(io);
    expect(await takeBack(io + 1n)).toMatchObject({
      status: 422,
      body: { code: 'stake.more_than_active', active: String(io) },
    });
    await takeBack(io);
    // What cools down is not there a second time.
    expect(await takeBack(1n)).toMatchObject({ status: 422, body: { active: '0' } });
  });

  it('429: refuses a twenty-first cooldown, and says when there is room', async () => {
    const { stake, takeBack, runtime, endCooldowns, check } = await stakeService();
    await stake(needed);
    const firstMs = runtime.clock.ms;
    for (let nth = 0; nth < cooldownsMax; nth += 1) {
      expect((await takeBack(1n)).status).toBe(200);
      runtime.clock.ms += minuteMs;
    }
    const againAtMs = firstMs + 14 * dayMs;
    expect(await takeBack(1n)).toMatchObject({
      status: 429,
      body: { code: 'stake.too_many_cooldowns', again_at: isoOf(againAtMs) },
    });
    runtime.clock.ms = againAtMs;
    await endCooldowns();
    expect((await takeBack(1n)).status).toBe(200);
    await check();
  });
});

describe('end-cooldowns', () => {
  it('goes on behind a page of what fails, and behind the next one', async () => {
    const service = await stakeService({ rewards: 100_000n * io });
    const { runtime, organisationId, endCooldowns, deviceId } = service;
    const shard = 3;
    // A hundred that nobody ever unstaked stand at the head of the list.
    for (const unstakeId of idsOfOneShard(100, shard, 10_000)) {
      const lost = { deviceId, unstakeId, endsAtMs: runtime.clock.ms };
      await commit(runtime, [putDueCooldown(lost)]);
    }
    const unstakeIds = idsOfOneShard(120, shard);
    for (let number = 2; number < 8; number += 1) {
      const device = aDevice(number, { ...oneGpu, organisationId });
      await commit(runtime, putNewDevice(device));
      await service.stake(needed, { body: { device_id: device.id, amount: amountOf(needed) } });
      for (const unstakeId of unstakeIds.splice(0, cooldownsMax)) {
        await service.handlers.unstakeOf(io, { deviceId: device.id, unstakeId });
      }
    }
    runtime.clock.ms += 14 * dayMs;
    expect(await endCooldowns()).toEqual({ done: 120, failed: 100 });
    expect(await endCooldowns()).toEqual({ done: 0, failed: 100 });
    await service.check();
  });
});

describe('GET /v1/stakes', () => {
  it('200: lists each device on which something was ever staked, in pages', async () => {
    const { stake, takeBack, call, runtime, organisationId, check } = await stakeService();
    const second = aDevice(2, { ...oneGpu, organisationId });
    await commit(runtime, putNewDevice(second));
    await stake(needed);
    await takeBack();
    await stake(needed, { body: { device_id: second.id, amount: amountOf(needed) } });
    const first = (await call('GET', '/v1/stakes', { query: { limit: '1' } })).body;
    expect(first).toMatchObject({ has_more: true, data: [{ device_id: second.id }] });
    const query = { limit: '1', cursor: first.next_cursor };
    expect((await call('GET', '/v1/stakes', { query })).body).toMatchObject({
      has_more: false,
      data: [{ device_id: testId('dev', 1), active: nothing }],
    });
    await check();
  });

  it('200: shows what a device needs before anything is staked', async () => {
    const { show, call } = await stakeService();
    expect(await show()).toMatchObject({ required: amountOf(needed), active: nothing });
    expect((await call('GET', '/v1/stakes')).body.data).toEqual([]);
  });
});

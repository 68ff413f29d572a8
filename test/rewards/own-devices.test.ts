/** What a supplier is told of the rewards of a device: how the hour that runs stands, and what past ones brought. */
import { httpFunction } from '../../functions/kit/http.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { postEmission } from '../../functions/ledger/rewards/post-emission.ts';
import { postReward, releaseReward } from '../../functions/ledger/rewards/post-reward.ts';
import { rewardRoutes } from '../../functions/rewards/routes.ts';
import { hourMs, isoOf, minuteMs } from '../../shared/core/time.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { putPresence } from '../../shared/devices/presence-store.ts';
import { putWallet } from '../../shared/identity/wallet-store.ts';
import { hourIdOf } from '../../shared/proofs/gate.ts';
import { putGate } from '../../shared/proofs/gate-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { noStake, withMore } from '../../shared/rewards/device-stake.ts';
import { putFirstReward } from '../../shared/rewards/first-reward-store.ts';
import { nominate } from '../../shared/rewards/nomination.ts';
import { inOrder } from '../../shared/rewards/order.ts';
import { rewardGates } from '../../shared/rewards/reward-gate.ts';
import { splitHour } from '../../shared/rewards/split.ts';
import { putStake } from '../../shared/rewards/stake-store.ts';
import { statementOf } from '../../shared/rewards/statement.ts';
import { aDevice } from '../devices/builders.ts';
import { gpus } from '../proofs/called.ts';
import { callHttp } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDeviceHour, anEntry, firstHourUnits, policy } from './builders.ts';
import { memoryObjects } from './memory-objects.ts';
import { beginEpoch, publishEpoch } from './published.ts';

const needed = 250n * 10n ** 8n;
const genesisMs = startMs - 6 * hourMs;

/** A supplier with an RTX 4090 that was up since yesterday and staked on, forty minutes into an hour. */
const setup = async ({ token = true } = {}) => {
  const settings = { mode: 'own', genesisMs } as const;
  const runtime = { ...testRuntime('own-devices'), token: token ? settings : undefined };
  const { database, clock } = runtime;
  clock.ms = startMs + 40 * minuteMs;
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const stranger = await makeKey(runtime, await makeOrganisation(runtime, 'Other'), 'owner');
  const device = aDevice(1, {
    ...gpus(),
    publicId: 'dev0000000000001',
    organisationId,
    createdAtMs: startMs - 30 * hourMs,
  });
  const presence = { ...firstPresence('con', startMs - 24 * hourMs), lastSeenMs: clock.ms };
  const staked = withMore(noStake(device), needed, startMs - hourMs);
  const address = 'So11111111111111111111111111111111111111112';
  await commit(runtime, [
    ...putNewDevice(device),
    putPresence(device.id, undefined, presence),
    putStake(staked),
    ...putWallet({
      ...{ id: 'wal_1', organisationId, address, role: null, payouts: [] },
      createdAtMs: startMs - hourMs,
    }),
  ]);
  const objects = memoryObjects();
  const serve = httpFunction({ ...runtime, statements: objects }, rewardRoutes, {
    keyMode: 'test',
  });
  const get = (path: string, query: Readonly<Record<string, string>> = {}, key = owner) =>
    callHttp(serve, { method: 'GET', path, query: { device_id: device.id, ...query }, key });
  const readiness = (key?: string) => get('/v1/rewards/readiness', {}, key);
  const rewards = (query: Readonly<Record<string, string>> = {}, key?: string) =>
    get('/v1/rewards', query, key);
  /** The gate of the hour that began so many hours before this one. */
  const judged = (back: number, reason: 'call_missed' | null = null, hired = false) =>
    commit(
      runtime,
      processorsOf(device).map(({ id }) =>
        putGate({
          hourMs: startMs - back * hourMs,
          processorId: id,
          deviceId: device.id,
          organisationId,
          reason,
          calls: [],
          hired,
        }),
      ),
    );
  /** Publishes hour `hour` of the schedule with these entries. */
  const publish = async (hour: number, entries: Parameters<typeof inOrder>[1]) => {
    const epochId = hourIdOf(genesisMs + hour * hourMs);
    const ordered = inOrder(epochId, entries as ReturnType<typeof nominate>);
    const split = splitHour(firstHourUnits, ordered, policy);
    const statement = statementOf({ epochId, hour }, ordered, split);
    await beginEpoch(runtime, statement);
    await publishEpoch(runtime, objects, statement);
    return statement;
  };
  return { runtime, database, device, stranger, readiness, rewards, judged, publish };
};

describe('getRewardReadiness', () => {
  it('200: tells every gate of the hour that runs, by the rules that close it', async () => {
    const { readiness, judged, device, database } = await setup();
    await judged(1, null, true);
    await database.write(
      putFirstReward({
        deviceId: device.id,
        organisationId: device.organisationId,
        startMs: startMs - 5 * hourMs,
      }),
    );
    const { status, body } = await readiness();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'reward_readiness',
      device_id: device.id,
      public_id: device.publicId,
      epoch_id: '2026-11-22T12',
      closes_at: '2026-11-22T13:11:00.000Z',
      expected: true,
      stake: {
        required: { amount: String(needed), currency: 'io' },
        active: { amount: String(needed) },
      },
      // 13,000 for the whole hour, 500 for each class, 2,000 for each hundredth, 50 for the hire.
      entries: [{ pool: 'enterprise', processors: 1, proved: 1, score: '264050' }],
    });
    expect(body.gates.map(({ gate }: { gate: string }) => gate)).toEqual([...rewardGates]);
    expect(body.gates.every(({ passed }: { passed: boolean }) => passed)).toBe(true);
  });

  it('200: takes the proofs of the hour before while the last one is not judged', async () => {
    const { readiness, judged } = await setup();
    await judged(2, 'call_missed');
    const { body } = await readiness();
    const proof = body.gates.find(({ gate }: { gate: string }) => gate === 'proof');
    expect(proof).toMatchObject({
      passed: false,
      reason_code: 'call_missed',
      actual: '0 of 1 processors in 2026-11-22T10, the last hour that was judged',
      remedy: expect.stringContaining('Keep the agent running'),
    });
    expect(body).toMatchObject({ expected: false, entries: [{ score: '0' }] });
  });

  it('200: tells a device that was never judged so', async () => {
    const { readiness } = await setup();
    const { body } = await readiness();
    const closed = body.gates.filter(({ passed }: { passed: boolean }) => !passed);
    expect(closed).toMatchObject([
      { gate: 'proof', reason_code: 'not_judged', actual: 'no hour was judged yet' },
    ]);
  });

  it('404: another supplier’s device looks unknown; 401 without a key; 422 without a token', async () => {
    const { readiness, rewards, stranger } = await setup();
    for (const ask of [readiness(stranger), rewards({}, stranger)]) {
      expect(await ask).toMatchObject({ status: 404, body: { code: 'device.not_found' } });
    }
    expect((await readiness('rm_test_nobody')).status).toBe(401);
    const none = await setup({ token: false });
    for (const ask of [none.readiness(), none.rewards()]) {
      expect(await ask).toMatchObject({ status: 422, body: { code: 'token.none' } });
    }
  });
});

describe('listRewards', () => {
  it('200: tells what each hour brought and why, newest first, as its statement says', async () => {
    const { rewards, publish, device, database } = await setup();
    const { publicId } = device;
    const open = nominate(aDeviceHour(1, { publicId }), policy);
    const closed = nominate(aDeviceHour(1, { publicId, hasWallet: false, tier: 0 }), policy);
    const { rows } = await publish(3, [...open, anEntry(2), anEntry(3)]);
    const own = rows.find(({ public_id }) => public_id === publicId);
    expect(BigInt(own?.amount ?? '')).toBeGreaterThan(1n);
    await publish(4, [...closed, anEntry(2)]);
    await publish(5, [anEntry(2)]);
    await database.write(
      putFirstReward({
        deviceId: device.id,
        organisationId: device.organisationId,
        startMs: genesisMs + 3 * hourMs,
      }),
    );
    const { status, body } = await rewards();
    expect(status).toBe(200);
    const told = body.data.map((each: Record<string, unknown>) => [
      each['epoch_id'],
      each['amount'],
    ]);
    expect(told).toEqual([
      ['2026-11-22T11', { amount: '0', currency: 'io' }],
      ['2026-11-22T10', { amount: '0', currency: 'io' }],
      ['2026-11-22T09', { amount: own?.amount, currency: 'io' }],
    ]);
    const [absent, refused, paid] = body.data;
    expect(absent).toMatchObject({ entries: [], held: null, status: 'completed' });
    expect(refused).toMatchObject({
      held: null,
      entries: [
        {
          pool: 'enterprise',
          score: '0',
          closed_gates: [
            {
              gate: 'wallet',
              reason_code: 'no_wallet',
              remedy: expect.stringContaining('Register'),
            },
            { gate: 'connectivity', reason_code: 'line_too_slow' },
          ],
        },
      ],
    });
    // New devices wait three days for what an hour brought.
    const until = isoOf(genesisMs + 4 * hourMs + 72 * hourMs);
    expect(paid).toMatchObject({
      held: { until, released: false },
      entries: [{ closed_gates: [] }],
    });
    expect(body).toMatchObject({ has_more: false, next_cursor: null });
  });

  it('200: tells whether what was held of a new device is free', async () => {
    const { rewards, publish, runtime, device } = await setup();
    const { publicId, organisationId: organisation } = device;
    const { head, rows } = await publish(0, nominate(aDeviceHour(1, { publicId }), policy));
    const epochId = head.epoch;
    const units = BigInt(rows[0]?.amount ?? '');
    const emitted = { epochId, units: firstHourUnits, source: 'issuance' } as const;
    await postEmission(runtime, { ...emitted, unallocatedUnits: firstHourUnits - units });
    const releaseAtMs = genesisMs + 73 * hourMs;
    await postReward(runtime, { epochId, organisation, units, heldUnits: units, releaseAtMs });
    const held = async () => (await rewards()).body.data[0].held;
    expect(await held()).toEqual({ until: isoOf(releaseAtMs), released: false });
    runtime.clock.ms = releaseAtMs;
    await releaseReward(runtime, { epochId, organisation });
    runtime.clock.ms = genesisMs + 23 * hourMs;
    expect(await held()).toEqual({ until: isoOf(releaseAtMs), released: true });
  });

  it('200: leaves out what is not published, and pages by hours', async () => {
    const { rewards, publish, device, runtime } = await setup();
    const entries = nominate(aDeviceHour(1, { publicId: device.publicId }), policy);
    await publish(0, entries);
    await publish(2, entries);
    const begun = statementOf({ epochId: '2026-11-22T11', hour: 5 }, [], splitHour(1n, [], policy));
    await beginEpoch(runtime, begun);
    const hours: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const { body } = await rewards({ limit: '2', ...(cursor === null ? {} : { cursor }) });
      hours.push(...body.data.map((each: { epoch_id: string }) => each.epoch_id));
      cursor = body.next_cursor;
      pages += 1;
    } while (cursor !== null && pages < 9);
    expect([hours, pages]).toEqual([['2026-11-22T08', '2026-11-22T06'], 3]);
  });

  it('400: refuses no device, and more hours than a page has', async () => {
    const { rewards } = await setup();
    for (const query of [{ limit: '25' }, { limit: '0' }, { device_id: 'clu_1' }]) {
      expect((await rewards(query)).status).toBe(400);
    }
  });
});

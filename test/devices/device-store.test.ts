/** Devices in the table: versions guard every change, and the offers' index always fits the state. */

import { commit } from '../../functions/kit/transaction.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { hourMs } from '../../shared/core/time.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import {
  getDevice,
  getDeviceByPublicKey,
  getDevices,
  listDevicesByOrganisation,
  listHiredDevices,
  listOfferedDevices,
  listOffersTestedBefore,
  listSiteNeighbours,
  listUntestedDevices,
  putDevice,
  putNewDevice,
  releaseDevice,
  reserveDevice,
  transitionDevice,
} from '../../shared/devices/device-store.ts';
import type { MemoryDatabase } from '../support/memory-database.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, testId } from './builders.ts';

const model = 'x86-64 CPU';
const hire = {
  clusterId: testId('clu', 1),
  nodeId: testId('nod', 1),
  sinceMs: startMs,
  proofConsent: true,
};
const release = { clusterId: hire.clusterId, verified: true, reason: 'ended', nowMs: startMs };

const setup = async (...devices: Device[]) => {
  const runtime = testRuntime();
  for (const device of devices) await addDevice(runtime, device);
  const database: MemoryDatabase = runtime.database;
  const current = async (number: number): Promise<Device> => {
    const device = await getDevice(database, testId('dev', number));
    if (!device) throw new Error(`device ${number} is not there`);
    return device;
  };
  const offered = async () =>
    (await listOfferedDevices(database, model, startMs)).map(({ name }) => name);
  return { runtime, database, current, offered };
};

describe('a device in the table', () => {
  it('reads back as it was written', async () => {
    const gpu = aDevice(2, {
      model: 'RTX 4090',
      processorKind: 'gpu',
      processorCount: 2,
      gpuIndexes: [0, 3],
    });
    const { database, current } = await setup(aDevice(1), gpu);
    expect(await current(1)).toEqual(aDevice(1));
    expect(await current(2)).toEqual(gpu);
    expect(await getDeviceByPublicKey(database, 'key 2')).toEqual(gpu);
    expect(await getDevices(database, [gpu.id, testId('dev', 9)])).toEqual([gpu]);
  });

  it('is made once per id and once per key', async () => {
    const { runtime } = await setup(aDevice(1));
    await expect(commit(runtime, putNewDevice(aDevice(1)))).rejects.toThrow(WriteRefused);
    const sameKey = aDevice(2, { publicKey: 'key 1' });
    await expect(commit(runtime, putNewDevice(sameKey))).rejects.toThrow(WriteRefused);
  });

  it('is listed for its own organisation alone', async () => {
    const other = aDevice(2, { organisationId: testId('org', 2) });
    const { database } = await setup(aDevice(1), other);
    const page = await listDevicesByOrganisation(database, testId('org', 2), { limit: 10 });
    expect(page.devices.map(({ id }) => id)).toEqual([other.id]);
  });

  it('refuses a change of an older version', async () => {
    const { database, current } = await setup(aDevice(1));
    const device = await current(1);
    await database.write(putDevice(changed(device, { name: 'first' })));
    await expect(database.write(putDevice(changed(device, { name: 'second' })))).rejects.toThrow(
      WriteRefused,
    );
    expect((await current(1)).name).toBe('first');
  });
});

describe('hire and release', () => {
  it('takes the device out of the offers, and gives it back when the stop is certain', async () => {
    const { runtime, database, current, offered } = await setup(aDevice(1));
    expect(await offered()).toEqual(['device 1']);
    await database.write(reserveDevice(await current(1), hire));
    expect(await offered()).toEqual([]);
    expect((await listHiredDevices(database)).map(({ id }) => id)).toEqual([testId('dev', 1)]);
    await commit(runtime, releaseDevice(await current(1), release));
    expect(await offered()).toEqual(['device 1']);
    expect(await current(1)).toMatchObject({ hiredBy: null, hiredNode: null, version: 3 });
  });

  it.each<[string, Partial<Device>]>([
    ['was changed since', { version: 2 }],
    ['is not up', { status: 'paused' }],
  ])('reserves nothing that %s', async (_, changes) => {
    const { database } = await setup(aDevice(1, changes));
    await expect(database.write(reserveDevice(aDevice(1), hire))).rejects.toThrow(WriteRefused);
  });

  it('gives a device to one of two clusters that planned from the same state', async () => {
    const { database, current } = await setup(aDevice(1));
    const device = await current(1);
    await database.write(reserveDevice(device, hire));
    const other = { ...hire, clusterId: testId('clu', 2) };
    await expect(database.write(reserveDevice(device, other))).rejects.toThrow(WriteRefused);
    await expect(database.write(reserveDevice(await current(1), other))).rejects.toThrow(
      WriteRefused,
    );
    expect((await current(1)).hiredBy).toBe(hire.clusterId);
  });

  it('takes a device down whose stop is uncertain, until it passes a new test', async () => {
    const { runtime, database, current, offered } = await setup(aDevice(1));
    await database.write(reserveDevice(await current(1), hire));
    await commit(
      runtime,
      releaseDevice(await current(1), { ...release, verified: false, reason: 'node_silent' }),
    );
    expect(await offered()).toEqual([]);
    expect(await current(1)).toMatchObject({
      status: 'down',
      statusReason: 'stop_unconfirmed',
      rayTestedAtMs: null,
      hiredBy: null,
    });
    expect((await listUntestedDevices(database)).map(({ id }) => id)).toEqual([testId('dev', 1)]);
    const { events } = await listDeviceEvents(database, testId('dev', 1), { limit: 10 });
    expect(events).toMatchObject([
      { from: 'up', to: 'down', evidence: { release_reason: 'node_silent' } },
    ]);
  });

  it('leaves a device paused that was paused while hired', async () => {
    const { runtime, database, current } = await setup(aDevice(1));
    await database.write(reserveDevice(await current(1), hire));
    const cause = { reason: 'paused_by_supplier', actor: 'key_1', evidence: {} } as const;
    await commit(runtime, transitionDevice(await current(1), cause, startMs).writes);
    await commit(runtime, releaseDevice(await current(1), { ...release, verified: false }));
    expect(await current(1)).toMatchObject({
      ...{ status: 'paused', movedAtMs: startMs },
      rayTestedAtMs: null,
    });
  });

  it('frees nothing for a cluster that does not have the device', async () => {
    const { runtime, database, current } = await setup(aDevice(1));
    await database.write(reserveDevice(await current(1), hire));
    const foreign = { ...release, clusterId: testId('clu', 2) };
    const writes = releaseDevice(await current(1), foreign);
    await expect(commit(runtime, writes)).rejects.toThrow(WriteRefused);
    expect((await current(1)).hiredBy).toBe(hire.clusterId);
  });
});

describe('the offers of a model', () => {
  it('leave out stale tests, other models and what is not up, over all shards', async () => {
    const fresh = Array.from({ length: 40 }, (_, index) => aDevice(index + 1));
    const { offered, database } = await setup(
      ...fresh,
      aDevice(101, { rayTestedAtMs: startMs - 24 * hourMs }),
      aDevice(102, { model: 'arm64 CPU' }),
      aDevice(103, { status: 'paused' }),
      aDevice(104, { rayTestPassed: false }),
    );
    expect((await offered()).sort()).toEqual(fresh.map(({ name }) => name).sort());
    const old = await listOffersTestedBefore(database, model, startMs - 20 * hourMs);
    expect(old.map(({ name }) => name)).toEqual(['device 101']);
  });

  it('follow every transition', async () => {
    const { runtime, current, offered } = await setup(aDevice(1));
    const move = async (reason: 'heartbeat_lost' | 'heartbeat_returned') => {
      const cause = { reason, actor: 'platform', evidence: {} };
      await commit(runtime, transitionDevice(await current(1), cause, startMs).writes);
    };
    await move('heartbeat_lost');
    expect(await offered()).toEqual([]);
    await move('heartbeat_returned');
    expect(await offered()).toEqual(['device 1']);
  });
});

describe('neighbours of a device', () => {
  it('are those after it in its site, then those from the start, never itself', async () => {
    const site = [1, 2, 3, 4, 5].map((number) => aDevice(number));
    const elsewhere = aDevice(6, { siteId: testId('site', 2) });
    const { database } = await setup(...site, elsewhere);
    const ids = await listSiteNeighbours(database, aDevice(4), 3);
    expect(ids).toEqual([testId('dev', 5), testId('dev', 1), testId('dev', 2)]);
    expect(await listSiteNeighbours(database, elsewhere, 3)).toEqual([]);
  });
});

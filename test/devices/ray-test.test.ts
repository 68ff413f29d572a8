/** Test starts of Ray: ordered wherever one is needed, once per cause, and what their reports change. */
import { applyTestReport } from '../../functions/devices/apply-test-report.ts';
import { followDevice } from '../../functions/devices/follow-device.stream.ts';
import { retestDevices } from '../../functions/devices/retest-devices.schedule.ts';
import type { TestReport } from '../../shared/clusters/agent-protocol.ts';
import { listCommands } from '../../shared/clusters/command-store.ts';
import type { Item } from '../../shared/core/database.ts';
import { hourMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { changed } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { deviceKey } from '../../shared/devices/keys.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { startMs, type TestRuntime, testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, hired, testId, withWorkflows } from './builders.ts';

const deviceId = testId('dev', 1);
const untested: Partial<Device> = { rayTestedAtMs: null, rayTestPassed: false };
const report: TestReport = {
  kind: 'test',
  command_id: testId('cmd', 1),
  passed: true,
  seconds: 3.25,
  ray_version: '2.60.0',
  python_version: '3.12.3',
  address_reachable: true,
  peers_reached: ['public2'],
  detail: null,
};

const setup = async (changes: Partial<Device>) => {
  const runtime = withWorkflows(testRuntime());
  await addDevice(runtime, aDevice(1, changes));
  const device = async (): Promise<Device> => {
    const found = await getDevice(runtime.database, deviceId);
    if (!found) throw new Error('the device is not there');
    return found;
  };
  const commands = (number = 1) => listCommands(runtime.database, testId('dev', number));
  return { runtime, device, commands };
};

const itemOf = (runtime: TestRuntime): Item => {
  const { pk, sk } = deviceKey(deviceId);
  const item = runtime.database.all('devices').find((found) => found.pk === pk && found.sk === sk);
  if (!item) throw new Error('the item is not there');
  return item;
};

describe('follow-device', () => {
  it('orders a test of a proved device without one, with up devices of its site to dial', async () => {
    const { runtime, commands } = await setup(untested);
    await addDevice(runtime, aDevice(2));
    await addDevice(runtime, aDevice(3, { status: 'down', statusReason: 'heartbeat_lost' }));
    const change = { kind: 'INSERT' as const, after: itemOf(runtime) };
    await followDevice(runtime, change);
    await followDevice(runtime, change);
    expect(await commands()).toMatchObject([
      { kind: 'test_ray', peers: [{ public_id: 'public2', address: '10.0.0.2', port: 7070 }] },
    ]);
  });

  it.each<[string, Partial<Device>, Partial<Device>]>([
    [
      'comes back',
      { ...untested, status: 'down', statusReason: 'heartbeat_lost' },
      { status: 'up' },
    ],
    [
      'is let go after a long hire',
      { ...hired, rayTestedAtMs: startMs - 30 * hourMs },
      { hiredBy: null, hiredNode: null, hiredAtMs: null, hiredConsent: null },
    ],
  ])('orders one where a device %s', async (_, before, changes) => {
    const { runtime, device, commands } = await setup(before);
    await runtime.database.write(putDevice(changed(await device(), changes)));
    await followDevice(runtime, { kind: 'MODIFY', after: itemOf(runtime) });
    expect(await commands()).toHaveLength(1);
  });

  it.each<[string, Partial<Device>, Partial<Device>]>([
    ['is hired', {}, hired],
    ['is paused', untested, { status: 'paused' }],
    ['fails its test; the hourly task repeats it', untested, { rayTestedAtMs: startMs }],
  ])('orders none where a device %s', async (_, before, changes) => {
    const { runtime, device, commands } = await setup(before);
    await runtime.database.write(putDevice(changed(await device(), changes)));
    await followDevice(runtime, { kind: 'MODIFY', after: itemOf(runtime) });
    expect(await commands()).toEqual([]);
  });

  it('passes over items that are no devices, and devices that moved on', async () => {
    const { runtime, device, commands } = await setup(untested);
    const fresh = itemOf(runtime);
    await runtime.database.write(putDevice(changed(await device(), { status: 'paused' })));
    await followDevice(runtime, { kind: 'INSERT', after: fresh });
    for (const item of runtime.database.all('devices')) {
      if (item.sk !== 'DEVICE') {
        await followDevice(runtime, { kind: 'INSERT', after: item });
      }
    }
    expect(await commands()).toEqual([]);
  });
});

describe('retest-devices', () => {
  it('orders tests that are due, one an hour, and none from the silent or the hired', async () => {
    const { runtime, commands } = await setup({ rayTestedAtMs: startMs - 20 * hourMs - 1 });
    const lost = { ...firstPresence(null, startMs), declared: 'down' as const };
    const unconfirmed = { status: 'down', statusReason: 'stop_unconfirmed' } as const;
    await addDevice(runtime, aDevice(2, { rayTestedAtMs: startMs - 19 * hourMs - 1 }));
    await addDevice(runtime, aDevice(3, untested));
    await addDevice(runtime, aDevice(4, { ...untested, ...unconfirmed }));
    await addDevice(runtime, aDevice(5, { ...untested, ...unconfirmed }), lost);
    await addDevice(runtime, aDevice(6, { ...hired, rayTestedAtMs: startMs - 30 * hourMs }));
    const ordered = async () => {
      const counts = await Promise.all(
        [1, 2, 3, 4, 5, 6].map(async (n) => (await commands(n)).length),
      );
      return counts.join('');
    };
    expect(await retestDevices(runtime)).toEqual({ done: 3, failed: 0 });
    expect(await ordered()).toBe('101100');
    await retestDevices(runtime);
    expect(await ordered()).toBe('101100');
    runtime.clock.ms += hourMs;
    await retestDevices(runtime);
    expect(await ordered()).toBe('212200');
  });
});

describe('a test report', () => {
  it('makes an untested device ready, and says what was seen', async () => {
    const { runtime, device } = await setup({ ...untested, addressReachable: false });
    await applyTestReport(runtime, deviceId, report, startMs);
    expect(await device()).toMatchObject({
      status: 'up',
      statusReason: 'registered',
      rayTestPassed: true,
      rayTestedAtMs: startMs,
      addressReachable: true,
      rayVersion: '2.60.0',
    });
    const { events } = await listDeviceEvents(runtime.database, deviceId, { limit: 5 });
    expect(events).toMatchObject([
      {
        kind: 'device.ray_tested',
        reason: 'ray_test_passed',
        evidence: { milliseconds: 3250, peers_reached: 1 },
      },
    ]);
  });

  it('brings a device up whose last stop was unconfirmed, and only when it passed', async () => {
    const unconfirmed = { ...untested, status: 'down', statusReason: 'stop_unconfirmed' } as const;
    const { runtime, device } = await setup(unconfirmed);
    await applyTestReport(runtime, deviceId, { ...report, passed: false }, startMs);
    expect((await device()).status).toBe('down');
    await applyTestReport(runtime, deviceId, report, startMs + 1);
    expect(await device()).toMatchObject({ status: 'up', statusReason: 'ray_test_passed' });
  });

  it('keeps the versions that it does not name', async () => {
    const { runtime, device } = await setup({});
    const failed = { ...report, passed: false, ray_version: null, python_version: null };
    await applyTestReport(runtime, deviceId, failed, startMs);
    expect(await device()).toMatchObject({ rayTestPassed: false, rayVersion: '2.60.0' });
  });

  it.each<[string, Partial<Device>]>([
    ['hired', hired],
    ['terminated', { status: 'terminated' }],
  ])('changes nothing of a device that is %s', async (_, changes) => {
    const { runtime, device } = await setup(changes);
    await applyTestReport(runtime, deviceId, report, startMs);
    await applyTestReport(runtime, testId('dev', 9), report, startMs);
    expect((await device()).version).toBe(1);
  });

  it('is applied to the device as it is when somebody else was faster', async () => {
    const { runtime, device } = await setup(untested);
    let raced = false;
    const before = await device();
    runtime.database.faultOf = (writes) => {
      if (raced || writes.length !== 2) return 'none';
      raced = true;
      const renamed = putDevice(changed(before, { name: 'attic' }));
      runtime.database.write(renamed).catch(() => undefined);
      return 'none';
    };
    await applyTestReport(runtime, deviceId, report, startMs);
    expect(await device()).toMatchObject({ name: 'attic', rayTestPassed: true, version: 3 });
  });
});

/** The sweep: silence is noticed in time, once, and never against a device that speaks. */
import { sweepPresence } from '../../functions/devices/sweep-presence.schedule.ts';
import type { Node, NodeStatus } from '../../shared/clusters/node.ts';
import { putNode } from '../../shared/clusters/node-store.ts';
import { isoOf, minuteMs, secondMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { firstPresence, inactiveAfterMs } from '../../shared/devices/presence.ts';
import { getPresence, heartbeatWrite } from '../../shared/devices/presence-store.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, hired, testId } from './builders.ts';

const deviceId = testId('dev', 1);

const setup = async (changes: Partial<Device> = {}) => {
  const runtime = testRuntime();
  await addDevice(runtime, aDevice(1, changes), firstPresence('a', startMs));
  const sweepAt = (ms: number) => {
    runtime.clock.ms = ms;
    return sweepPresence(runtime);
  };
  const device = () => getDevice(runtime.database, deviceId);
  return { runtime, sweepAt, device };
};

/** Hired, with its node in this status since the start. */
const setupWithNode = async (status: NodeStatus = 'alive') => {
  const fixture = await setup(hired);
  const node: Node = {
    id: testId('nod', 1),
    clusterId: testId('clu', 1),
    deviceId,
    cpus: 4,
    gpus: 0,
    status,
    reason: null,
    commandedAtMs: startMs - minuteMs,
    changedAtMs: startMs,
    stopping: false,
  };
  await fixture.runtime.database.write(putNode(node));
  return fixture;
};

describe('sweep-presence', () => {
  it('takes an idle device down after twenty minutes of silence, and says since when', async () => {
    const { sweepAt, device, runtime } = await setup();
    expect(await sweepAt(startMs + 20 * minuteMs - 1)).toEqual({ done: 0, failed: 0 });
    expect(await sweepAt(startMs + 20 * minuteMs)).toEqual({ done: 1, failed: 0 });
    expect(await device()).toMatchObject({ status: 'down', statusReason: 'heartbeat_lost' });
    const { events } = await listDeviceEvents(runtime.database, deviceId, { limit: 5 });
    expect(events).toMatchObject([
      { actor: 'platform', evidence: { last_seen_at: isoOf(startMs) } },
    ]);
    expect(await sweepAt(startMs + 21 * minuteMs)).toEqual({ done: 0, failed: 0 });
  });

  it('takes a device with a node down after one minute', async () => {
    const { sweepAt, device } = await setupWithNode();
    await sweepAt(startMs + 59 * secondMs);
    expect((await device())?.status).toBe('up');
    await sweepAt(startMs + 60 * secondMs);
    expect(await device()).toMatchObject({ status: 'down', hiredBy: hired.hiredBy });
  });

  it.each<NodeStatus>(['commanded', 'accepted', 'refused', 'exited', 'stopped'])(
    'expects no more of a hired device whose node is %s than of an idle one',
    async (status) => {
      const { sweepAt, device } = await setupWithNode(status);
      await sweepAt(startMs + 20 * minuteMs - 1);
      expect((await device())?.status).toBe('up');
      await sweepAt(startMs + 20 * minuteMs);
      expect((await device())?.status).toBe('down');
    },
  );

  it('lets a worker wait for its head, and a released one be quiet', async () => {
    const { sweepAt, device } = await setup(hired);
    await sweepAt(startMs + 10 * minuteMs);
    expect((await device())?.status).toBe('up');
  });

  it('makes it inactive after five days', async () => {
    const { sweepAt, device } = await setup();
    await sweepAt(startMs + 20 * minuteMs);
    await sweepAt(startMs + inactiveAfterMs);
    expect(await device()).toMatchObject({
      status: 'inactive',
      statusReason: 'silent_for_five_days',
    });
    expect(await sweepAt(startMs + 2 * inactiveAfterMs)).toEqual({ done: 0, failed: 0 });
  });

  it('leaves a paused device paused', async () => {
    const { sweepAt, device, runtime } = await setup({ status: 'paused' });
    await sweepAt(startMs + 20 * minuteMs);
    expect(await device()).toMatchObject({ status: 'paused', version: 1 });
    expect((await getPresence(runtime.database, deviceId))?.declared).toBe('down');
  });

  it('loses against a heartbeat that comes while it looks', async () => {
    const { sweepAt, device, runtime } = await setupWithNode();
    const nowMs = startMs + 60 * secondMs;
    let raced = false;
    runtime.database.faultOf = (writes) => {
      if (raced || writes.length < 2) return 'none';
      raced = true;
      runtime.database.write(heartbeatWrite(deviceId, 'a', nowMs)).catch(() => undefined);
      return 'none';
    };
    await sweepAt(nowMs);
    expect(raced).toBe(true);
    expect((await device())?.status).toBe('up');
    expect(await getPresence(runtime.database, deviceId)).toMatchObject({
      declared: null,
      lastSeenMs: nowMs,
    });
  });

  it('goes on with the others when one cannot be written', async () => {
    const { sweepAt, runtime } = await setup();
    await addDevice(runtime, aDevice(2), firstPresence('b', startMs));
    runtime.database.faultOf = (writes) =>
      writes.some(({ key }) => key.pk === `DEV#${deviceId}`) ? 'conflict' : 'none';
    expect(await sweepAt(startMs + 20 * minuteMs)).toEqual({ done: 1, failed: 1 });
    expect((await getDevice(runtime.database, testId('dev', 2)))?.status).toBe('down');
  });
});

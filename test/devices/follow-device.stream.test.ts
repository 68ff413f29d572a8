/**
 * What follows a change of a device: what is written to the devices table goes through the filter that is
 * deployed with `devices-events`, and what passes it through the function itself.
 */
import { followDevice } from '../../functions/devices/follow-device.stream.ts';
import { recordHeartbeat } from '../../functions/devices/record-heartbeat.ts';
import { retestDevices } from '../../functions/devices/retest-devices.schedule.ts';
import { streamFunction } from '../../functions/kit/stream.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { changedDevices } from '../../infra/constructs/stream-filter.ts';
import { deleteCommand, listCommands } from '../../shared/clusters/command-store.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs } from '../../shared/core/time.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import {
  getDevice,
  putDevice,
  releaseDevice,
  transitionDevice,
} from '../../shared/devices/device-store.ts';
import { deviceKey } from '../../shared/devices/keys.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { getPresence, putPresence } from '../../shared/devices/presence-store.ts';
import { verifyAnew, withStrike } from '../../shared/devices/proved.ts';
import { withSpeedTest } from '../../shared/devices/speed-test.ts';
import { getSpeedTest, putSpeedTest } from '../../shared/devices/speed-test-store.ts';
import { beginVerification, ended } from '../../shared/devices/verification.ts';
import {
  getVerification,
  putVerification,
  putVerificationWait,
} from '../../shared/devices/verification-store.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { passing, tableStream } from '../support/stream.ts';
import { aDevice, addDevice, hired, testId, unverified, withWorkflows } from './builders.ts';

const deviceId = testId('dev', 1);

const setup = async (changes: Partial<Device>) => {
  const runtime = withWorkflows(testRuntime());
  const poison: unknown[] = [];
  const send = async (message: unknown) => {
    poison.push(message);
  };
  const consume = streamFunction({ ...runtime, poison: { send } }, followDevice);
  const changesOf = tableStream(runtime.database, 'devices');
  /** Delivers what passes the filter; answers the sort keys of what did. */
  const deliver = async (): Promise<readonly (string | undefined)[]> => {
    const records = passing(changedDevices, changesOf());
    await consume({ Records: [...records] });
    expect(poison).toEqual([]);
    return records.map(({ dynamodb }) => dynamodb?.Keys?.['sk']?.S);
  };
  await addDevice(runtime, aDevice(1, changes));
  const device = async () => present(await getDevice(runtime.database, deviceId), 'no device');
  const commands = async () =>
    (await listCommands(runtime.database, deviceId)).map(({ kind }) => kind);
  const ordered = async () => (await commands()).length;
  return { runtime, deliver, device, commands, ordered };
};

describe('the verification of a device', () => {
  it('is started when it joins, and asks for no test beside it', async () => {
    const { runtime, deliver, ordered } = await setup(unverified);
    await deliver();
    expect(runtime.started).toEqual([
      { name: `${deviceId}-${startMs}`, input: { device_id: deviceId } },
    ]);
    expect(await ordered()).toBe(0);
  });

  it('is started once for a batch that brings the device several times', async () => {
    const { runtime, deliver, device } = await setup(unverified);
    await deliver();
    await runtime.database.write(putDevice(changed(await device(), { name: 'attic' })));
    await deliver();
    expect(runtime.started).toHaveLength(1);
  });

  it('is woken by every change while it goes on', async () => {
    const { runtime, deliver, device, ordered } = await setup(unverified);
    await deliver();
    await runtime.database.write(putVerificationWait(deviceId, 'token'));
    const measured = {
      connectivityTier: 1,
      speedTestedAtMs: startMs,
      downKbps: 200_000,
      upKbps: 20_000,
    } as const;
    await runtime.database.write(putDevice(changed(await device(), measured)));
    await deliver();
    expect(runtime.woken).toEqual(['token']);
    expect(await ordered()).toBe(0);
  });

  it('is started anew for a device that comes back after five days', async () => {
    const { runtime, deliver } = await setup({ status: 'inactive' });
    await deliver();
    expect(runtime.started).toEqual([]);
    const silent = { ...firstPresence(null, startMs), declared: 'inactive' as const };
    const before = present(await getPresence(runtime.database, deviceId), 'no presence');
    await commit(runtime, [putPresence(deviceId, before, silent)]);
    runtime.clock.ms += hourMs;
    await recordHeartbeat(runtime, { deviceId, connectionId: null }, runtime.clock.ms);
    await deliver();
    expect(runtime.started).toHaveLength(1);
  });

  it('is not started after a strike, until the schedule finds its wait over', async () => {
    const { runtime, deliver, device } = await setup({});
    const struck = present(withStrike(await device(), [startMs], startMs), 'no strike');
    await commit(runtime, [putDevice(struck.device), putDeviceEvent(struck.event)]);
    await deliver();
    await retestDevices(runtime);
    expect(runtime.started).toEqual([]);
    runtime.clock.ms += hourMs;
    await retestDevices(runtime);
    expect(runtime.started).toHaveLength(1);
  });

  it('is started again at once when its supplier pauses and resumes it', async () => {
    const { runtime, deliver, device } = await setup({ ...unverified, status: 'paused' });
    const over = present(
      beginVerification({ ...(await device()), status: 'up' }, undefined, startMs - 60_000),
      'no verification',
    );
    await runtime.database.write(putVerification(over));
    await runtime.database.write(putVerification(ended(over, 'failed', startMs - 1)));
    const up = await device();
    const cause = { reason: 'resumed_by_supplier', actor: 'key_1', evidence: {} } as const;
    const again = verifyAnew(up, startMs);
    await commit(runtime, transitionDevice(up, cause, startMs, again).writes);
    await deliver();
    expect(runtime.started).toHaveLength(1);
  });
});

describe('the starter of a verification that dies', () => {
  /** Makes the next call fail, before or after it did what it does. */
  const dyingOnce = <T extends readonly unknown[]>(
    call: (...parameters: T) => Promise<void>,
    when: 'before' | 'after',
    then: (call: (...parameters: T) => Promise<void>) => void,
  ) =>
    then(async (...parameters) => {
      then(call);
      if (when === 'after') await call(...parameters);
      throw new Error('died');
    });

  describe.each(['before', 'after'] as const)('%s', (when) => {
    it.each(['write', 'start'] as const)(
      'its %s leaves one execution to who repeats it, and not the token of another',
      async (step) => {
        const { runtime, device } = await setup(unverified);
        const { database, workflows } = runtime;
        // An earlier verification came to its first wait, and left.
        await database.write(putVerificationWait(deviceId, 'token of another'));
        const item = present(await database.get('devices', deviceKey(deviceId)), 'no item');
        if (step === 'start') {
          dyingOnce(workflows.start, when, (start) => Object.assign(workflows, { start }));
        } else {
          const transact = database.transact.bind(database);
          dyingOnce(transact, when, (next) => Object.assign(database, { transact: next }));
        }
        const follow = () => followDevice(runtime, { kind: 'MODIFY', after: item });
        await expect(follow()).rejects.toThrow('died');
        await follow();
        const { startedAtMs } = present(await getVerification(database, deviceId), 'none');
        expect(runtime.started.map(({ name }) => name)).toEqual([`${deviceId}-${startedAtMs}`]);
        expect(runtime.woken).toEqual([]);
        expect((await device()).status).toBe('up');
      },
    );
  });
});

describe('devices-events', () => {
  it('hears of a device, and of nothing that is written beside it', async () => {
    const { deliver, ordered } = await setup({ rayTestedAtMs: null, rayTestPassed: false });
    expect(await deliver()).toEqual(['DEVICE']);
    expect(await ordered()).toBe(1);
    expect(await deliver()).toEqual([]);
  });

  it('orders a speed test after a long hire, and leaves it to the schedule to repeat one', async () => {
    const old = startMs - 30 * hourMs;
    const { runtime, deliver, device, commands } = await setup({ ...hired, speedTestedAtMs: old });
    await deliver();
    expect(await commands()).toEqual([]);
    const release = { clusterId: testId('clu', 1), verified: true, reason: 'over', nowMs: startMs };
    await commit(runtime, releaseDevice(await device(), release));
    await deliver();
    expect(await commands()).toEqual(['test_speed']);
    const test = present(await getSpeedTest(runtime.database, deviceId), 'no test');
    const slow = present(withSpeedTest(await device(), 'failed', startMs), 'no change');
    await commit(runtime, [
      putSpeedTest({ ...test, status: 'failed' }, test),
      putDevice(slow.device),
      deleteCommand(deviceId, test.commandId),
    ]);
    await deliver();
    expect(await commands()).toEqual([]);
    await retestDevices(runtime);
    expect(await commands()).toEqual(['test_speed']);
  });

  it.each([true, false])('orders a test after a long hire, stop verified: %s', async (verified) => {
    const { runtime, deliver, device, ordered } = await setup({
      ...hired,
      rayTestedAtMs: startMs - 30 * hourMs,
    });
    await deliver();
    expect(await ordered()).toBe(0);
    const release = { clusterId: testId('clu', 1), verified, reason: 'expired', nowMs: startMs };
    await commit(runtime, releaseDevice(await device(), release));
    expect(await deliver()).toEqual(['DEVICE']);
    expect(await ordered()).toBe(1);
  });

  it('orders a test where a device without one is heard again', async () => {
    const silent = { status: 'down', statusReason: 'heartbeat_lost' } as const;
    const { runtime, deliver, device, ordered } = await setup({ ...silent, rayTestedAtMs: null });
    await deliver();
    expect(await ordered()).toBe(0);
    const cause = { reason: 'heartbeat_returned', actor: deviceId, evidence: {} } as const;
    await commit(runtime, transitionDevice(await device(), cause, startMs).writes);
    expect(await deliver()).toEqual(['DEVICE']);
    expect(await ordered()).toBe(1);
  });
});

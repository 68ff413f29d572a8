/**
 * Tests of Ray are ordered by the stream: what is written to the devices table goes through the filter
 * that is deployed with `devices-events`, and what passes it through the function itself.
 */
import { orderTest } from '../../functions/devices/order-test.stream.ts';
import { streamFunction } from '../../functions/kit/stream.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { changedDevices } from '../../infra/constructs/stream-filter.ts';
import { listCommands } from '../../shared/clusters/command-store.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice, releaseDevice, transitionDevice } from '../../shared/devices/device-store.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { passing, tableStream } from '../support/stream.ts';
import { aDevice, addDevice, hired, testId } from './builders.ts';

const deviceId = testId('dev', 1);

const setup = async (changes: Partial<Device>) => {
  const runtime = testRuntime();
  const poison: unknown[] = [];
  const send = async (message: unknown) => {
    poison.push(message);
  };
  const consume = streamFunction({ ...runtime, poison: { send } }, orderTest);
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
  const ordered = async () => (await listCommands(runtime.database, deviceId)).length;
  return { runtime, deliver, device, ordered };
};

describe('devices-events', () => {
  it('hears of a registration, and of nothing that is written beside the device', async () => {
    const { deliver, ordered } = await setup({ rayTestedAtMs: null, rayTestPassed: false });
    expect(await deliver()).toEqual(['DEVICE']);
    expect(await ordered()).toBe(1);
    expect(await deliver()).toEqual([]);
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

/** Ordering a speed test: one at a time, and a command for each. */
import { orderSpeedTest } from '../../functions/devices/order-speed-test.ts';
import { listCommands } from '../../shared/clusters/command-store.ts';
import { getSpeedTest } from '../../shared/devices/speed-test-store.ts';
import { testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice } from './builders.ts';

const setup = async () => {
  const runtime = testRuntime();
  const device = await addDevice(runtime, aDevice(1));
  const order = () => orderSpeedTest(runtime, device, runtime.clock.ms);
  const test = () => getSpeedTest(runtime.database, device.id);
  const commands = () => listCommands(runtime.database, device.id);
  return { runtime, order, test, commands };
};

describe('orderSpeedTest', () => {
  it('puts the test and the command that names it', async () => {
    const { order, test, commands } = await setup();
    await order();
    const [command] = await commands();
    expect(await test()).toMatchObject({
      status: 'open',
      number: -1,
      commandId: command?.command_id,
    });
    expect(command).toMatchObject({ kind: 'test_speed', test_id: (await test())?.id });
  });

  it('is a no-op while one may still be finished, and for whoever comes second', async () => {
    const { order, test, commands, runtime } = await setup();
    await Promise.all([order(), order()]);
    const first = await test();
    runtime.clock.ms += 119_999;
    await order();
    expect(await test()).toEqual(first);
    expect(await commands()).toHaveLength(1);
  });

  it('takes the place of a test that nobody answered, with a secret and a command of its own', async () => {
    const { order, test, commands, runtime } = await setup();
    await order();
    const first = await test();
    runtime.clock.ms += 120_000;
    await order();
    const second = await test();
    expect(second?.id).not.toBe(first?.id);
    expect(second?.secret).not.toBe(first?.secret);
    expect((await commands()).map(({ command_id }) => command_id)).toEqual([second?.commandId]);
  });
});

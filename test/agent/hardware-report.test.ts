/** What an agent tells of its machine when it starts, against the platform's own endpoint. */
import { reportHardware } from '../../agent/daemon/hardware-report.ts';
import { deviceAgentRoutes } from '../../functions/devices/agent-routes.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { present } from '../../shared/core/assert.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { aDevice, addDevice, hardware, hired, machineKey } from '../devices/builders.ts';
import { testRuntime } from '../support/runtime.ts';
import { type Fate, openLine } from './support/platform-line.ts';

const setup = async (changes: Partial<Device> = {}, fateOf: () => Fate = () => 'arrives') => {
  const platform = testRuntime();
  const key = machineKey();
  const known = aDevice(1, { publicKey: key.publicKey, ...changes });
  const device = await addDevice(platform, known);
  const serve = httpFunction(platform, deviceAgentRoutes, { keyMode: 'test' });
  const identity = { keyid: device.id, privateKeyPem: key.privateKeyPem };
  const line = openLine({ platform, serve, identity, fateOf });
  const end = new AbortController();
  const tell = (told: Device['hardware']) => {
    const report = { hardware: told, agent_version: '0.1.0' };
    return reportHardware(line.runtime, line.api, report, end.signal);
  };
  const stored = async () => present(await getDevice(platform.database, device.id), 'no device');
  const events = () => line.lines.map(({ event }) => event);
  return { ...line, device, tell, stored, events, end };
};

it('says nothing more where the machine is the one that joined', async () => {
  const { tell, stored, device, events } = await setup();
  await tell(hardware);
  expect(await stored()).toEqual(device);
  expect(events()).toEqual([]);
});

it('logs that the machine has become another one, which proves itself anew', async () => {
  const { tell, stored, events } = await setup();
  await tell({ ...hardware, memory_mib: 4096 });
  expect((await stored()).provedAtMs).toBeNull();
  expect(events()).toEqual(['hardware_changed']);
});

it.each(['request', 'answer'] as const)('tells it again when the %s is lost', async (lost) => {
  let sent = 0;
  const { tell, stored, events } = await setup({}, () => {
    sent += 1;
    return sent === 1 ? lost : 'arrives';
  });
  await tell({ ...hardware, memory_mib: 4096 });
  expect(sent).toBe(2);
  expect((await stored()).hardware.memory_mib).toBe(4096);
  expect(events()[0]).toBe('hardware_not_reported');
});

it('leaves it at a warning when the platform refuses, as while a cluster has the device', async () => {
  const { tell, stored, device, events } = await setup(hired);
  await tell({ ...hardware, memory_mib: 4096 });
  expect(await stored()).toEqual(device);
  expect(events()).toEqual(['hardware_not_reported']);
});

it('gives up without a word when the agent ends', async () => {
  const { tell, events, end } = await setup({}, () => 'request');
  end.abort();
  await tell(hardware);
  expect(events()).toEqual([]);
});

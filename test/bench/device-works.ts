/**
 * What the platform does for one device again and again, measured piece by piece: heartbeats, a new
 * connection, a test start of Ray, a speed test; and what is stored for it.
 */
import { relayEvents } from '../../functions/clusters/relay-events.stream.ts';
import { orderRayTest } from '../../functions/devices/order-ray-test.ts';
import { orderSpeedTest } from '../../functions/devices/order-speed-test.ts';
import type { TestSpeedCommand } from '../../shared/clusters/agent-protocol.ts';
import { idleHeartbeatSeconds } from '../../shared/clusters/agent-protocol.ts';
import { commandPrefix } from '../../shared/clusters/keys.ts';
import { present } from '../../shared/core/assert.ts';
import { secondMs } from '../../shared/core/time.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { retestAfterMs } from '../../shared/devices/ray-test.ts';
import { speedPolicyOf } from '../../shared/devices/speed-policy.ts';
import { speedRetestAfterMs, testSpeedCommand } from '../../shared/devices/speed-test.ts';
import { getSpeedTest } from '../../shared/devices/speed-test-store.ts';
import { playSpeedTest } from '../support/play-speed-test.ts';
import { type Consumption, lambdaFacts } from './list-prices.ts';
import { billedMs, consumedBy, itemBytes, type Measured } from './meter.ts';
import { type MeteredWorld, withMeteredWorld } from './metered-world.ts';
import type { BenchDevice } from './world.ts';

/** One kind of work: what was measured, and what one time of it consumes. */
export interface Work {
  readonly name: string;
  readonly measured: Measured;
  readonly billedMs: number;
  readonly consumed: Consumption;
}

/**
 * Work that one or more invocations did; `beside` is what the database and Lambda do not show. What has to do
 * with requests is taken to run in the functions that answer them, which have more memory than others.
 */
export const workOf = (
  name: string,
  measured: Measured,
  invocations: number,
  beside: Consumption = {},
): Work => {
  const { memoryMib, endpointMemoryMib } = lambdaFacts;
  const memory = beside.httpRequest === undefined ? memoryMib : endpointMemoryMib;
  return {
    name,
    measured,
    billedMs: billedMs(measured, memory),
    consumed: { ...consumedBy(measured, invocations, memory), ...beside },
  };
};

/** Enough for the processor's time per call to settle: V8 compiles what runs often. */
const warmUp = 300;
const times = 300;
const speedWarmUp = 20;
const speedTimes = 20;

/** Measures after a warm-up, the clock moved before each time. */
const measureEvery = async (
  { world, meter }: MeteredWorld,
  stepMs: number,
  work: () => Promise<unknown>,
): Promise<Measured> => {
  const turn = async () => {
    world.runtime.clock.ms += stepMs;
    await work();
  };
  for (let done = 0; done < warmUp; done += 1) await turn();
  return meter.measure(times, turn);
};

const heartbeat = async (metered: MeteredWorld, device: BenchDevice): Promise<Work> => {
  const stepMs = idleHeartbeatSeconds * secondMs;
  const measured = await measureEvery(metered, stepMs, () => metered.world.heartbeat(device));
  return workOf('heartbeat through the socket', measured, 1, { socketMessage: 1 });
};

/** The new connection opens before the old one closes; opening and closing count as messages here. */
const reconnect = async (metered: MeteredWorld, device: BenchDevice): Promise<Work> => {
  const { world } = metered;
  let old = device;
  let made = 0;
  const measured = await measureEvery(metered, idleHeartbeatSeconds * secondMs, async () => {
    made += 1;
    const fresh = { ...device, connectionId: `again-${String(made).padStart(6, '0')}=` };
    await world.connect(fresh);
    await world.disconnect(old);
    old = fresh;
  });
  // The last connection stays the one by which the device is known.
  await world.disconnect(old);
  await world.connect(device);
  return workOf('a new connection for an old one', measured, 2, { socketMessage: 2 });
};

const fetchCommands = async (metered: MeteredWorld, device: BenchDevice): Promise<Work> => {
  const { world } = metered;
  const measured = await measureEvery(metered, secondMs, () =>
    world.call(world.signed(device, 'GET', '/v1/agent/commands')),
  );
  return workOf('commands fetched after connecting', measured, 1, { httpRequest: 1 });
};

/** As every third heartbeat goes, although the socket is open. */
const postedHeartbeat = async (metered: MeteredWorld, device: BenchDevice): Promise<Work> => {
  const { world } = metered;
  const measured = await measureEvery(metered, idleHeartbeatSeconds * secondMs, () =>
    world.call(world.signed(device, 'POST', '/v1/agent/heartbeat', {})),
  );
  return workOf('heartbeat as a signed request', measured, 1, { httpRequest: 1 });
};

/** Order, push and report; a fourth invocation sees the event of the test and does nothing. */
const rayTest = async (metered: MeteredWorld, device: BenchDevice): Promise<Work> => {
  const { world, unmetered } = metered;
  const { runtime } = world;
  const { id } = device.device;
  const relay = {
    ...runtime,
    poison: { send: async () => {} },
    sockets: { push: async () => true },
    workflows: { start: async () => {}, wake: async () => {} },
    provisionStateMachineArn: '',
    releaseStateMachineArn: '',
  };
  const measured = await measureEvery(metered, retestAfterMs, async () => {
    const now = present(await getDevice(unmetered, id), 'no device');
    await orderRayTest(runtime, now, runtime.clock.ms);
    const box = { pk: `DEVICE#${id}`, skPrefix: commandPrefix, limit: 1 };
    const [command] = (await unmetered.query('clusters', box)).items;
    const ordered = present(command, 'no command');
    await relayEvents(relay, { kind: 'INSERT', after: ordered });
    const report = {
      kind: 'test',
      command_id: ordered.sk.slice(commandPrefix.length),
      passed: true,
      seconds: 6.5,
      ray_version: '2.60.0',
      python_version: '3.12.3',
      address_reachable: true,
      peers_reached: [],
      detail: null,
    };
    await world.call(world.signed(device, 'POST', '/v1/agent/reports', { report }));
  });
  return workOf('test start of Ray', measured, 3, { socketMessage: 1, httpRequest: 1 });
};

/** Requests beyond 512 KiB count more than once: a part that is sent up takes three. */
const requestsOf = (command: TestSpeedCommand): number =>
  command.exchanges.reduce((sum, kind) => sum + (kind === 'up' ? 3 : 1), 0);

/** Order, push and all exchanges; another invocation sees what was measured and does nothing. */
const speedTest = async (metered: MeteredWorld, device: BenchDevice): Promise<Work> => {
  const { world, unmetered } = metered;
  const { id } = device.device;
  const policy = speedPolicyOf(world.runtime.stage);
  const ordered = async (): Promise<TestSpeedCommand> => {
    const test = present(await getSpeedTest(unmetered, id), 'no speed test');
    return testSpeedCommand(test, policy);
  };
  const turn = async () => {
    world.runtime.clock.ms += speedRetestAfterMs;
    await orderSpeedTest(world.runtime, device.device, world.runtime.clock.ms);
    await playSpeedTest(await ordered(), (request) => world.call(world.signedRaw(device, request)));
  };
  for (let done = 0; done < speedWarmUp; done += 1) await turn();
  const measured = await metered.meter.measure(speedTimes, turn);
  const command = await ordered();
  return workOf('speed test', measured, 3 + command.exchanges.length, {
    socketMessage: 1,
    httpRequest: requestsOf(command),
    sentGib: (policy.downParts * policy.downPartBytes) / 1024 ** 3,
  });
};

/** DynamoDB bills so much for each item and each place of it in an index, beside its own bytes. */
const itemOverheadBytes = 100;
/** Two kinds of tests, each as often. */
const testsPerYear = 2 * 365 * (24 / 20.5);

/** GiB that stand in the tables for one device, a year's events of tests included. */
const storedGib = async ({ unmetered, world }: MeteredWorld): Promise<number> => {
  const [{ device }] = world.devices as readonly [BenchDevice];
  let bytes = 0;
  for (const table of ['devices', 'presence', 'requests'] as const) {
    const { items } = await unmetered.scan(table, { index: 0, count: 1 });
    const own = items.filter((item) => JSON.stringify(item, plain).includes(device.id));
    const isEvent = (sk: string) => sk.startsWith('EVT#');
    const events = own.filter(({ sk }) => isEvent(sk));
    const rest = own.filter(({ sk }) => !isEvent(sk) && sk !== 'NONCE');
    for (const item of rest) {
      const places = 1 + ('owner_sk' in item ? 1 : 0) + ('offer_sk' in item ? 1 : 0);
      bytes += places * (itemBytes(item) + itemOverheadBytes);
    }
    const [event] = events;
    if (event) bytes += testsPerYear * (itemBytes(event) + itemOverheadBytes);
  }
  return bytes / 1024 ** 3;
};

const plain = (_name: string, value: unknown) =>
  typeof value === 'bigint' ? value.toString() : value;

export interface DeviceWorks {
  readonly heartbeat: Work;
  readonly postedHeartbeat: Work;
  readonly reconnect: Work;
  readonly fetchCommands: Work;
  readonly rayTest: Work;
  readonly speedTest: Work;
  readonly storedGib: number;
}

export const measureDeviceWorks = (): Promise<DeviceWorks> =>
  withMeteredWorld({ devices: 4, suppliers: 1 }, async (metered) => {
    const device = present(metered.world.devices[0], 'no device');
    await metered.world.connect(device);
    return {
      heartbeat: await heartbeat(metered, device),
      postedHeartbeat: await postedHeartbeat(metered, device),
      reconnect: await reconnect(metered, device),
      fetchCommands: await fetchCommands(metered, device),
      rayTest: await rayTest(metered, device),
      speedTest: await speedTest(metered, device),
      storedGib: await storedGib(metered),
    };
  });

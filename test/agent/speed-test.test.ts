/**
 * The agent in a speed test, against the platform's own endpoints: it plays what the command names, whatever
 * is lost on the way, and gives up what is over.
 */
import { runSpeedTest } from '../../agent/platform/speed-test.ts';
import type { WireRequest } from '../../agent/platform/transport.ts';
import { deviceAgentRoutes } from '../../functions/devices/agent-routes.ts';
import { orderSpeedTest } from '../../functions/devices/order-speed-test.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { listCommands } from '../../shared/clusters/command-store.ts';
import { present } from '../../shared/core/assert.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { aDevice, addDevice, machineKey } from '../devices/builders.ts';
import { testRuntime } from '../support/runtime.ts';
import { type Fate, openLine } from './support/platform-line.ts';

const setup = async (fateOf: (request: WireRequest) => Fate = () => 'arrives') => {
  const platform = testRuntime();
  const key = machineKey();
  const untested = { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null };
  const device = await addDevice(platform, aDevice(1, { ...untested, publicKey: key.publicKey }));
  await orderSpeedTest(platform, device, platform.clock.ms);
  const commands = await listCommands(platform.database, device.id);
  const command = present(
    commands.find((one) => one.kind === 'test_speed'),
    'no command',
  );
  const serve = httpFunction(platform, deviceAgentRoutes, { keyMode: 'test' });
  const identity = { keyid: device.id, privateKeyPem: key.privateKeyPem };
  const line = openLine({ platform, serve, identity, fateOf });
  const end = new AbortController();
  const run = (changes: Partial<typeof command> = {}) =>
    runSpeedTest(line.runtime, line.api, { ...command, ...changes }, end.signal);
  const tested = async () => present(await getDevice(platform.database, device.id), 'no device');
  const paths = () => line.sent.map(({ url }) => url.pathname.split('/').slice(5).join('/'));
  return { ...line, platform, command, run, tested, paths, end };
};

it('plays every exchange once, and the platform has measured the line', async () => {
  const agent = await setup();
  const result = await agent.run();
  const { exchanges } = agent.command;
  expect(agent.paths()).toEqual(
    exchanges.map((kind, number) => (kind === 'up' ? `up/${number}` : kind)),
  );
  const device = await agent.tested();
  expect(result).toEqual({
    tier: device.connectivityTier,
    down_kbps: device.downKbps,
    up_kbps: device.upKbps,
    round_trip_ms: 20,
  });
  expect(result?.tier).toBeGreaterThan(0);
});

it.each(['request', 'answer'] as const)('says the same again when any %s is lost', async (lost) => {
  const seen = new Set<string>();
  const agent = await setup(({ url, body }) => {
    const name = `${url.pathname} ${Buffer.from(body).toString('latin1')}`;
    if (seen.has(name)) return 'arrives';
    seen.add(name);
    return lost;
  });
  const result = await agent.run();
  expect(agent.sent).toHaveLength(2 * agent.command.exchanges.length);
  for (let n = 0; n < agent.sent.length; n += 2) {
    const [first, second] = [agent.sent[n], agent.sent[n + 1]];
    expect(second?.url.pathname).toBe(first?.url.pathname);
    expect(Buffer.compare(second?.body ?? Buffer.of(1), first?.body ?? Buffer.of(2))).toBe(0);
  }
  expect((await agent.tested()).connectivityTier).toBe(result?.tier);
});

it('gives up what the platform says is over', async () => {
  const agent = await setup();
  agent.platform.clock.ms += agent.command.finish_within_seconds * 1_000 + 1;
  await expect(agent.run()).rejects.toMatchObject({ code: 'speed_test.over' });
  expect(agent.sent).toHaveLength(1);
});

it('gives up a platform that does not answer in time', async () => {
  const agent = await setup(() => 'request');
  await expect(agent.run()).rejects.toMatchObject({ name: 'PlatformUnreachable' });
  const waitedMs = agent.platform.clock.ms - Date.parse(agent.command.issued_at);
  const limitMs = agent.command.finish_within_seconds * 1_000;
  expect(waitedMs).toBeGreaterThanOrEqual(limitMs);
  expect(waitedMs).toBeLessThanOrEqual(limitMs + 3_000);
});

it('does not guess what to send when no seed was named', async () => {
  const agent = await setup();
  const run = agent.run({ exchanges: ['up'] });
  await expect(run).rejects.toMatchObject({ message: expect.stringContaining('no seed') });
  expect(agent.sent).toEqual([]);
});

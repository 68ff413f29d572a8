/**
 * A join gives its token to nobody by plain http, registers the same values however often it is cut
 * off, and takes ports of a folder that no other user can write.
 */
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommandLine } from '../../agent/command-line.ts';
import { chooseAgentPort } from '../../agent/commands/agent-port.ts';
import { parseApiUrl } from '../../agent/commands/api-url.ts';
import { joinNetwork } from '../../agent/commands/join.ts';
import { leaveNetwork } from '../../agent/commands/leave.ts';
import { AgentError } from '../../agent/problem.ts';
import { getDeviceState, getJoinPlan, saveJoinPlan } from '../../agent/state/device-state.ts';
import { type FakePlatform, startFakePlatform } from './support/fake-platform.ts';
import { temporaryFolder } from './support/folders.ts';
import { testRuntime } from './support/runtime.ts';

describe('the address of the platform', () => {
  it.each([
    'https://api.example.com',
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
    'http://10.1.2.3',
    'http://172.31.0.1',
    'http://192.168.1.1:80',
  ])('may be %s', (url) => {
    expect(parseApiUrl(`${url}//`)).toBe(url);
  });

  it.each([
    'http://api.example.com',
    'http://8.8.8.8',
    'http://172.32.0.1',
    'http://localhost.example.com',
    'http://[2001:db8::1]',
    'ftp://localhost',
    'localhost',
  ])('is never %s', (url) => {
    expect(() => parseApiUrl(url)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('the agent’s port', () => {
  const choose = (folder: string) =>
    chooseAgentPort(testRuntime().runtime, '127.0.0.1', folder).catch((thrown) => thrown);

  it('is not promised twice, not even while the first join is under way', async () => {
    const claims = join(temporaryFolder(), 'claims');
    const first = testRuntime().runtime;
    const port = await chooseAgentPort(first, '127.0.0.1', claims);
    expect(statSync(claims).mode & 0o777).toBe(0o700);
    const plan = {
      version: 1 as const,
      api_url: 'https://api.example.com',
      name: 'one',
      address: '127.0.0.1',
      agent_port: port,
    };
    saveJoinPlan(first.stateFolder, plan);
    // The same randomness begins the search at the same port.
    expect(await choose(claims)).not.toBe(port);
    await leaveNetwork(first);
    expect(await choose(claims)).toBe(port);
  });

  it('is refused in plain words where the folder is a link, a file, or open to others', async () => {
    const folder = temporaryFolder();
    const [real, link, file] = ['real', 'link', 'file'].map((name) => join(folder, name));
    mkdirSync(String(real), { mode: 0o700 });
    symlinkSync(String(real), String(link));
    writeFileSync(String(file), '');
    for (const path of [link, file]) expect(await choose(String(path))).toBeInstanceOf(AgentError);
    chmodSync(String(real), 0o777);
    expect(await choose(String(real))).toMatchObject({ next: expect.stringContaining('Remove') });
  });
});

describe('a join', () => {
  let platform: FakePlatform;
  beforeEach(async () => {
    platform = await startFakePlatform(0);
  });
  afterEach(() => platform.close());

  const clock = { nowMs: () => Date.now() };
  const token = async () => 'join-token-of-the-test-suite';
  const line = (...more: string[]) =>
    parseCommandLine(
      ['join', '--api', platform.apiUrl, '--name', 'one', '--ray', '/bin/true'].concat(more),
    );
  const plan = () => ({
    version: 1 as const,
    api_url: platform.apiUrl,
    name: 'one',
    address: '10.0.0.9',
    agent_port: 17_999,
  });

  it('that was cut off registers the same port and address again', async () => {
    const { runtime } = testRuntime({ clock });
    saveJoinPlan(runtime.stateFolder, plan());
    const joined = await joinNetwork(runtime, line(), token);
    expect(joined).toMatchObject({ address: '10.0.0.9', agent_port: 17_999 });
    expect(platform.registrations).toEqual([
      expect.objectContaining({ address: '10.0.0.9', agent_port: 17_999, name: 'one' }),
    ]);
    expect(getDeviceState(runtime.stateFolder)).toEqual(joined);
    expect(getJoinPlan(runtime.stateFolder)).toBeUndefined();
  });

  it('with other values than the one that was cut off is refused, until `leave` forgets it', async () => {
    const { runtime } = testRuntime({ clock });
    saveJoinPlan(runtime.stateFolder, { ...plan(), name: 'two' });
    const refused = await joinNetwork(runtime, line(), token).catch((thrown) => thrown);
    expect(refused).toMatchObject({ exitCode: 2, why: expect.stringContaining('"two"') });
    expect(platform.registrations).toEqual([]);
    await leaveNetwork(runtime);
    expect(getJoinPlan(runtime.stateFolder)).toBeUndefined();
  });

  it('is remembered while its answer is unknown, and forgotten when it is refused', async () => {
    const { runtime } = testRuntime({ clock });
    const join1 = () =>
      joinNetwork(runtime, line('--agent-port', '17999'), token).catch((thrown) => thrown);
    const { apiUrl } = platform;
    await platform.close();
    expect(await join1()).toMatchObject({ message: 'The platform cannot be reached.' });
    expect(getJoinPlan(runtime.stateFolder)).toMatchObject({ agent_port: 17_999 });
    platform = await startFakePlatform(Number(new URL(apiUrl).port));
    platform.acceptsDevices = false;
    expect(await join1()).toMatchObject({ message: expect.stringContaining('refused') });
    expect(getJoinPlan(runtime.stateFolder)).toBeUndefined();
    expect(existsSync(join(runtime.stateFolder, 'agent.json'))).toBe(false);
  });
});

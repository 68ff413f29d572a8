/** The state on disk is private, replaced as a whole, and never half believed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leaveNetwork } from '../../agent/commands/leave.ts';
import { runAgent } from '../../agent/commands/run.ts';
import { AgentError } from '../../agent/problem.ts';
import { nodeMarker } from '../../agent/ray/launch.ts';
import { createNodeDriver } from '../../agent/ray/node-driver.ts';
import { keyMode, makeDeviceKey, readDeviceKey } from '../../agent/state/device-key.ts';
import {
  commandsRememberedMax,
  type DeviceState,
  deviceStatePath,
  getDeviceState,
  openAnsweredCommands,
  saveDeviceState,
} from '../../agent/state/device-state.ts';
import {
  listNodes,
  nodesFolder,
  saveDeadline,
  saveRecord,
  viewNode,
} from '../../agent/state/node-folder.ts';
import { identityOf, isRunning, signalProcess } from '../../agent/state/process-identity.ts';
import { removeFolder } from '../../agent/state/remove-folder.ts';
import { newId } from '../../shared/core/ids.ts';
import { temporaryFolder as folder } from './support/folders.ts';
import { nodeRecord, otherUlid, ulid } from './support/nodes.ts';
import { seededRandomness, testRuntime } from './support/runtime.ts';

const device: DeviceState = {
  version: 1,
  api_url: 'https://api.example.com',
  name: 'one',
  address: '10.0.0.1',
  agent_port: 17_000,
  ports: { first: 20_000, last: 32_699 },
  ray_executable: '/opt/venv/bin/ray',
  device: {
    device_id: `dev_${ulid}`,
    public_id: 'public-one',
    site_id: `site_${ulid}`,
    socket_url: 'wss://socket.example.com/live',
  },
};

describe('the key', () => {
  it('is made once, private to its owner, and the same ever after', () => {
    const state = folder();
    const key = makeDeviceKey(state);
    expect(key.publicKey).toHaveLength(44);
    expect(keyMode(state)).toBe(0o600);
    expect(makeDeviceKey(state)).toEqual(key);
  });

  it('that cannot be read stops the agent with exit code 3', () => {
    const state = folder();
    writeFileSync(join(state, 'device-key.pem'), 'rubbish');
    expect(() => readDeviceKey(state)).toThrow(expect.objectContaining({ exitCode: 3 }));
  });
});

describe('agent.json', () => {
  it('is written with mode 0600 and read back', () => {
    const state = folder();
    saveDeviceState(state, device);
    expect(statSync(deviceStatePath(state)).mode & 0o777).toBe(0o600);
    expect(getDeviceState(state)).toEqual(device);
    expect(getDeviceState(folder())).toBeUndefined();
  });

  it.each(['', '{', '{"version":1}', '[]', JSON.stringify({ ...device, surprise: 1 })])(
    'that is corrupted (%#) is refused with a remedy, and nothing is touched',
    async (text) => {
      const { runtime } = testRuntime();
      writeFileSync(deviceStatePath(runtime.stateFolder), text);
      saveRecord(runtime.stateFolder, nodeRecord({}));
      const refused = await runAgent(runtime, new AbortController().signal).catch((error) => error);
      expect(refused).toBeInstanceOf(AgentError);
      expect(refused).toMatchObject({ exitCode: 3, next: expect.stringContaining('leave') });
      expect(listNodes(runtime.stateFolder)).toHaveLength(1);
      expect(readFileSync(deviceStatePath(runtime.stateFolder), 'utf8')).toBe(text);
    },
  );

  it('that is corrupted does not keep `leave` from ending and forgetting everything', async () => {
    const { runtime } = testRuntime();
    makeDeviceKey(runtime.stateFolder);
    writeFileSync(deviceStatePath(runtime.stateFolder), '{');
    saveRecord(runtime.stateFolder, nodeRecord({}));
    expect(await leaveNetwork(runtime)).toEqual({ deviceId: undefined, nodesStopped: 1 });
    expect(listNodes(runtime.stateFolder)).toEqual([]);
    expect(existsSync(join(runtime.stateFolder, 'device-key.pem'))).toBe(false);
  });
});

describe('answered commands', () => {
  it('are remembered across restarts, the last thousand of them', () => {
    const state = folder();
    const randomness = seededRandomness('commands');
    const ids = Array.from({ length: commandsRememberedMax + 2 }, () =>
      newId('cmd', 1, randomness),
    );
    const memory = openAnsweredCommands(state);
    for (const id of ids) memory.add(id);
    const again = openAnsweredCommands(state);
    expect(ids.filter((id) => again.has(id))).toEqual(ids.slice(2));
  });

  it('that cannot be read count as none', () => {
    const state = folder();
    writeFileSync(join(state, 'commands.json'), '{');
    expect(openAnsweredCommands(state).has(`cmd_${ulid}`)).toBe(false);
  });
});

describe('the files of a node', () => {
  it('say that a node without a process does not run', () => {
    const state = folder();
    saveDeadline(state, `nod_${ulid}`, 12.5);
    saveRecord(state, nodeRecord({}));
    expect(viewNode(state, `nod_${ulid}`)).toMatchObject({ running: false, exit: undefined });
    expect(viewNode(state, '../../etc')).toBeUndefined();
  });

  it('are still found when the record is corrupted', () => {
    const state = folder();
    saveRecord(state, nodeRecord({}));
    writeFileSync(join(state, 'nodes', `nod_${ulid}`, 'node.json'), '{"version":2}');
    expect(viewNode(state, `nod_${ulid}`)?.record.kind).toBe('corrupted');
  });
});

describe('clean-up', () => {
  const node = `nod_${ulid}` as const;

  it('that is not possible is logged, and the node is not forgotten before it is', async () => {
    const { runtime, lines } = testRuntime();
    const driver = createNodeDriver(runtime);
    saveRecord(runtime.stateFolder, nodeRecord({ scratch_folder: '/tmp/rm-\0' }));
    await driver.stop(node);
    driver.forget(node);
    expect(lines.map((line) => line.event)).toEqual(['scratch_not_removed', 'scratch_not_removed']);
    expect(driver.list()).toHaveLength(1);
    saveRecord(runtime.stateFolder, nodeRecord({ scratch_folder: '/tmp/rm-gone' }));
    driver.forget(node);
    expect(driver.list()).toEqual([]);
  });

  it('answers why a folder stays, and nothing when it is gone', () => {
    expect(removeFolder('/tmp/\0')).toEqual(expect.any(String));
    expect(removeFolder(folder())).toBeUndefined();
  });

  it('takes the folder of a node that was never started, and no other', () => {
    const { runtime, lines } = testRuntime();
    const driver = createNodeDriver(runtime);
    const started = `nod_${otherUlid}` as const;
    saveDeadline(runtime.stateFolder, node, 1);
    saveDeadline(runtime.stateFolder, started, 1);
    saveRecord(runtime.stateFolder, nodeRecord({ node_id: started }));
    mkdirSync(join(nodesFolder(runtime.stateFolder), 'of-somebody-else'));
    driver.removeUnstarted();
    expect(readdirSync(nodesFolder(runtime.stateFolder))).toEqual([started, 'of-somebody-else']);
    expect(lines).toEqual([expect.objectContaining({ event: 'unstarted_node_removed' })]);
  });

  it('leaves that folder alone while a process carries the node’s marker', async () => {
    const { runtime } = testRuntime();
    const env = { [nodeMarker]: node };
    const child = spawn('/bin/cat', [], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    // An answer shows that the child runs its own program, with its own environment.
    child.stdin.write('ready\n');
    await once(child.stdout, 'data');
    saveDeadline(runtime.stateFolder, node, 1);
    createNodeDriver(runtime).removeUnstarted();
    expect(existsSync(join(nodesFolder(runtime.stateFolder), node))).toBe(true);
    child.stdin.end();
    await once(child, 'exit');
  });
});

describe('a process', () => {
  it('is known by pid, start and boot, and never by the pid alone', () => {
    const self = identityOf(process.pid);
    if (!self) throw new Error('this process has no identity');
    expect(isRunning(self)).toBe(true);
    const reused = { ...self, started: '1' };
    expect(isRunning(reused)).toBe(false);
    expect(signalProcess(reused, 'SIGKILL')).toBe(false);
    expect(isRunning({ ...self, boot: 'an earlier one' })).toBe(false);
  });
});

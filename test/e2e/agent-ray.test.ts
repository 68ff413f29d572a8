/**
 * The agent with real Ray: the process driver forms a cluster of two nodes on one machine, nodes end
 * with everything that they started, and no node outlives its paid time, whoever is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { detectAddress } from '../../agent/hardware/detect.ts';
import { nodeMarker } from '../../agent/ray/launch.ts';
import { machineMonotonicMs } from '../../agent/ray/monotonic-clock.ts';
import { createNodeDriver, type NodeDriver, type NodeOrder } from '../../agent/ray/node-driver.ts';
import { portsOf } from '../../agent/ray/ports.ts';
import { waitFor } from '../../agent/runtime.ts';
import { requireDeviceState } from '../../agent/state/device-state.ts';
import { processesMarked } from '../../agent/state/process-identity.ts';
import type { Command, StartNodeCommand } from '../../shared/clusters/agent-protocol.ts';
import { type IdPrefix, newId } from '../../shared/core/ids.ts';
import { isoOf } from '../../shared/core/time.ts';
import { type FakePlatform, startFakePlatform } from '../agent/support/fake-platform.ts';
import { seededRandomness, testRuntime } from '../agent/support/runtime.ts';

jest.setTimeout(120_000);
const root = join(import.meta.dirname, '../..');
const ray = join(root, '.venv/bin/ray');
const randomness = seededRandomness(String(process.pid));
const id = <P extends IdPrefix>(prefix: P) => newId(prefix, Date.now(), randomness);
const address = detectAddress();
const token = 'a1'.repeat(32);

/** Looks again and again, with real time, until the answer is not undefined. */
const eventually = async <T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await waitFor(100);
  }
};

describe('the process driver', () => {
  const clusterId = id('clu');
  const order = (changes: Partial<NodeOrder>): NodeOrder => ({
    purpose: 'cluster',
    node_id: id('nod'),
    cluster_id: clusterId,
    command_id: id('cmd'),
    role: 'head',
    address,
    head: null,
    cpus: 0,
    gpus: 0,
    gpu_indexes: [],
    proof_consent: false,
    ray_executable: ray,
    auth_token: token,
    ports: { first: 20_000, last: 21_999 },
    ...changes,
  });
  const setup = () => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-e2e-'));
    const clockOffsetFile = join(folder, 'clock-offset-ms');
    const { runtime } = testRuntime({
      stateFolder: folder,
      wait: waitFor,
      clockOffsetFile,
      monotonicMs: () => machineMonotonicMs(clockOffsetFile),
    });
    return { driver: createNodeDriver(runtime), clockOffsetFile, folder };
  };
  const rowsOf = (driver: NodeDriver, headId: string, count: number) =>
    eventually(async () => {
      const view = driver.view(headId);
      if (!view?.running) throw new Error(`the head ended: ${JSON.stringify(view?.exit)}`);
      const rows = await driver.listRay(view);
      return rows && rows.filter((row) => row.alive).length === count ? rows : undefined;
    });

  it('forms a cluster whose nodes carry our labels, and ends each with its whole group', async () => {
    const { driver, folder } = setup();
    const head = order({});
    const launched = await driver.launch(head, 600);
    if (launched.outcome !== 'launched') throw new Error(launched.detail);
    const worker = order({
      role: 'worker',
      cpus: 1,
      head: { address, gcs_port: portsOf(launched.firstPort).gcs },
    });
    expect((await driver.launch(worker, 600)).outcome).toBe('launched');
    const rows = await rowsOf(driver, head.node_id, 2);
    expect(rows).toContainEqual(
      expect.objectContaining({ node_id: head.node_id, alive: true, cpus: 0, gpus: 0 }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ node_id: worker.node_id, alive: true, cpus: 1, gpus: 0 }),
    );

    await driver.stop(worker.node_id);
    expect(processesMarked(nodeMarker, worker.node_id)).toEqual([]);
    expect(driver.view(worker.node_id)?.exit).toEqual({ reason_code: null, detail: null });
    const dead = await eventually(async () => {
      const view = driver.view(head.node_id);
      const found = view && (await driver.listRay(view));
      return found?.find((row) => row.node_id === worker.node_id && !row.alive);
    });
    expect(dead.node_id).toBe(worker.node_id);

    const scratch = driver.view(head.node_id)?.record;
    await driver.stop(head.node_id);
    expect(processesMarked(nodeMarker, head.node_id)).toEqual([]);
    expect(scratch?.kind === 'valid' && existsSync(scratch.value.scratch_folder)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  it('ends a node at its paid time although no agent lives', async () => {
    const { driver, clockOffsetFile, folder } = setup();
    const head = order({});
    expect((await driver.launch(head, 600)).outcome).toBe('launched');
    await rowsOf(driver, head.node_id, 1);
    driver.keep(head.node_id, 3_600);
    writeFileSync(clockOffsetFile, '3500000');
    await waitFor(1_500);
    expect(driver.view(head.node_id)?.running).toBe(true);
    writeFileSync(clockOffsetFile, '3601000');
    const exit = await eventually(() => driver.view(head.node_id)?.exit);
    expect(exit.reason_code).toBe('stop_after_reached');
    expect(processesMarked(nodeMarker, head.node_id)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('ends what a killed supervisor leaves behind', async () => {
    const { driver, folder } = setup();
    const head = order({});
    await driver.launch(head, 600);
    await rowsOf(driver, head.node_id, 1);
    process.kill(driver.view(head.node_id)?.process?.supervisor.pid ?? 0, 'SIGKILL');
    await eventually(() => (driver.view(head.node_id)?.running ? undefined : true));
    await driver.stop(head.node_id);
    expect(processesMarked(nodeMarker, head.node_id)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe('the daemon', () => {
  let platform: FakePlatform;
  let daemon: ChildProcess | undefined;
  let agentPort = 0;
  const state = mkdtempSync(join(tmpdir(), 'agent-e2e-'));

  const agent = (args: readonly string[], input = '') => {
    const child = spawn(process.execPath, ['agent/main.ts', ...args, '--state', state], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(input);
    let output = '';
    child.stdout.on('data', (part) => {
      output += part;
    });
    child.stderr.on('data', (part) => {
      output += part;
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, ended, output: () => output };
  };
  const run = () => {
    const started = agent(['run', '--test-clock']);
    daemon = started.child;
    return started;
  };
  const killHard = async () => {
    const ended = new Promise((resolve) => daemon?.once('exit', resolve));
    daemon?.kill('SIGKILL');
    await ended;
  };
  /** Commands come by push and, where a socket is not yet open, by the fetch after connecting. */
  const command = (...commands: Command[]) => {
    platform.pending = commands;
    platform.push(commands);
  };
  const nodeState = (nodeId: string, wanted: string) =>
    platform.until(() =>
      platform.reports.find(
        (report) => report.kind === 'node' && report.node_id === nodeId && report.state === wanted,
      ),
    );
  const alive = (nodeId: string) =>
    platform.until(() =>
      platform.reports.find(
        (report) =>
          report.kind === 'ray' && report.nodes.some((n) => n.node_id === nodeId && n.alive),
      ),
    );
  const start = (): StartNodeCommand => ({
    kind: 'start_node',
    command_id: id('cmd'),
    issued_at: isoOf(Date.now()),
    cluster_id: id('clu'),
    node_id: id('nod'),
    role: 'head',
    head: null,
    cpus: 1,
    gpus: 0,
    gpu_indexes: [],
    ray_version: '2.60.0',
    auth_token: token,
    stop_after_seconds: 600,
    proof_consent: true,
  });
  const base = () => ({ command_id: id('cmd'), issued_at: isoOf(Date.now()) });

  beforeAll(async () => {
    platform = await startFakePlatform(0);
    const options = ['--api', platform.apiUrl, '--name', 'one', '--ray', ray];
    const ports = ['--ports', '22000-23799'];
    const joined = agent(['join', ...options, ...ports], 'join-token-of-the-test-suite\n');
    if ((await joined.ended) !== 0) throw new Error(joined.output());
    agentPort = requireDeviceState(state).agent_port;
  });
  afterAll(async () => {
    await agent(['leave']).ended;
    await platform.close();
    rmSync(state, { recursive: true, force: true });
  });

  it('passes the Ray test start and reaches itself', async () => {
    run();
    const own = { public_id: 'public-one', address, port: agentPort };
    const stranger = { public_id: 'stranger', address, port: agentPort };
    const test: Command = { ...base(), kind: 'test_ray', peers: [own, stranger] };
    command(test);
    const report = await platform.until(() => platform.reports.find((r) => r.kind === 'test'));
    expect(report).toMatchObject({
      command_id: test.command_id,
      passed: true,
      ray_version: '2.60.0',
      address_reachable: true,
      peers_reached: ['public-one'],
      detail: null,
    });
  });

  it('starts a node once, is adopted after kill -9, refuses a second cluster, and stops it', async () => {
    const first = start();
    command(first, first);
    const accepted = await nodeState(first.node_id, 'accepted');
    expect(accepted).toMatchObject({ address, ports: { gcs: expect.any(Number) } });
    await nodeState(first.node_id, 'started');
    await alive(first.node_id);

    await killHard();
    const pids = processesMarked(nodeMarker, first.node_id);
    expect(pids.length).toBeGreaterThan(5);
    platform.reports.length = 0;
    const again = run();
    await alive(first.node_id);
    expect(again.output()).toContain('node_adopted');
    expect(again.output()).not.toContain(token);

    const second = start();
    command(second);
    expect(await nodeState(second.node_id, 'refused')).toMatchObject({ reason_code: 'busy' });

    const keep: Command = {
      ...base(),
      kind: 'keep_node',
      cluster_id: first.cluster_id,
      node_id: first.node_id,
      stop_after_seconds: 1_200,
    };
    command(keep);
    expect(await nodeState(first.node_id, 'kept')).toMatchObject({ command_id: keep.command_id });

    const { cluster_id, node_id } = first;
    const stop: Command = { ...base(), kind: 'stop_node', cluster_id, node_id };
    command(stop);
    expect(await nodeState(node_id, 'stopped')).toMatchObject({ command_id: stop.command_id });
    expect(processesMarked(nodeMarker, node_id)).toEqual([]);
  });

  it('reports a killed raylet, and what ended while the agent was dead', async () => {
    const first = start();
    command(first);
    await nodeState(first.node_id, 'started');
    await killHard();
    const leader = processesMarked(nodeMarker, first.node_id);
    for (const pid of leader) process.kill(pid, 'SIGKILL');
    const again = run();
    expect(await nodeState(first.node_id, 'exited')).toMatchObject({
      reason_code: expect.any(String),
    });
    expect(again.output()).not.toContain(token);
  });

  it('stops everything at leave and forgets the key', async () => {
    const first = start();
    command(first);
    await nodeState(first.node_id, 'started');
    const left = agent(['leave']);
    expect(await left.ended).toBe(0);
    expect(left.output()).toContain('Stopped 1 nodes');
    expect(await nodeState(first.node_id, 'exited')).toMatchObject({ reason_code: 'draining' });
    expect(processesMarked(nodeMarker, first.node_id)).toEqual([]);
    expect(existsSync(join(state, 'device-key.pem'))).toBe(false);
    expect(await agent(['status']).ended).toBe(1);
  });
});

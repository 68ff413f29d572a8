/**
 * Commands are executed once, in whatever order and however often they arrive. The driver here keeps
 * nodes in memory; the real one runs in test/e2e/agent-ray.test.ts.
 */
import { inBackground } from '../../agent/background.ts';
import { createCommandHandler } from '../../agent/daemon/command-handler.ts';
import { createNodeManager } from '../../agent/daemon/node-manager.ts';
import type { ReportAnswer } from '../../agent/platform/reporter.ts';
import type { NodeDriver } from '../../agent/ray/node-driver.ts';
import { openAnsweredCommands } from '../../agent/state/device-state.ts';
import type { NodeRecord, NodeView } from '../../agent/state/node-folder.ts';
import type {
  AgentReport,
  Command,
  StartNodeCommand,
} from '../../shared/clusters/agent-protocol.ts';
import { newId } from '../../shared/core/ids.ts';
import { nodeRecord, ulid } from './support/nodes.ts';
import { seededRandomness, testRuntime } from './support/runtime.ts';

const randomness = seededRandomness('ids');
const base = () => ({
  command_id: newId('cmd', 1, randomness),
  issued_at: '2026-11-22T18:00:00.000Z',
});
const start = (changes: Partial<StartNodeCommand> = {}): StartNodeCommand => ({
  ...base(),
  kind: 'start_node',
  cluster_id: newId('clu', 1, randomness),
  node_id: newId('nod', 1, randomness),
  role: 'head',
  head: null,
  cpus: 1,
  gpus: 0,
  gpu_indexes: [],
  ray_version: '2.60.0',
  auth_token: 'a1'.repeat(32),
  stop_after_seconds: 600,
  proof_consent: true,
  ...changes,
});

const setup = () => {
  const { runtime, lines } = testRuntime();
  const nodes = new Map<string, NodeView>();
  const launches: string[] = [];
  const kept: number[] = [];
  const reports: AgentReport[] = [];
  const watchers = new Set<() => void>();
  const end = new AbortController();
  const asked: string[] = [];
  const proving = Promise.withResolvers<void>();
  const idle = Promise.resolve();
  const controls = { answer: 'ok' as ReportAnswer, launchRefused: false, stopsFail: 0 };
  const process = {
    supervisor: { pid: 1, started: '1', boot: '1' },
    first_port: 20_000,
    ray: null,
  };

  const finish = (nodeId: string, exit: NodeView['exit']) => {
    const view = nodes.get(nodeId);
    if (view?.running) nodes.set(nodeId, { ...view, running: false, exit });
  };
  const driver: NodeDriver = {
    launch: async (order) => {
      launches.push(order.node_id);
      if (controls.launchRefused) {
        return { outcome: 'refused', reasonCode: 'no_free_ports', detail: 'none' };
      }
      const record = { kind: 'valid' as const, value: nodeRecord(order) };
      const nodeId = order.node_id;
      nodes.set(nodeId, { nodeId, record, process, exit: undefined, running: true });
      return { outcome: 'launched', firstPort: 20_000 };
    },
    list: () => [...nodes.values()],
    view: (nodeId) => nodes.get(nodeId),
    keep: (_nodeId, seconds) => kept.push(seconds),
    stop: async (nodeId) => {
      controls.stopsFail -= 1;
      if (controls.stopsFail >= 0) throw new Error('no way');
      finish(nodeId, { reason_code: null, detail: null });
    },
    forget: (nodeId) => nodes.delete(nodeId),
    removeUnstarted: () => undefined,
    isHealthy: async () => true,
    listRay: async () => undefined,
  };
  const record = async (report: AgentReport) => {
    reports.push(report);
    for (const watcher of watchers) watcher();
    return controls.answer;
  };
  const reporter = { send: record, sendInOrder: record, trySend: record };
  const manager = createNodeManager(
    runtime,
    { driver, reporter, sendRay: async () => undefined, onChange: () => undefined },
    end.signal,
  );
  const handle = createCommandHandler(runtime, {
    device: {
      version: 1,
      api_url: 'https://api.example.com',
      name: 'one',
      address: '127.0.0.1',
      agent_port: 17_000,
      ports: { first: 20_000, last: 32_699 },
      ray_executable: '/opt/venv/bin/ray',
      device: {
        device_id: `dev_${ulid}`,
        public_id: 'public-one',
        site_id: `site_${ulid}`,
        socket_url: 'wss://socket.example.com',
      },
    },
    driver,
    manager,
    reporter,
    answered: openAnsweredCommands(runtime.stateFolder),
    ray: { ray: '2.60.0', python: '3.11.7' },
    proofs: {
      prove: async (command) => {
        asked.push(command.challenge_id);
        await proving.promise;
      },
      testSpeed: async (command) => {
        asked.push(command.test_id);
      },
      whenCpuIdle: () => (asked.some((id) => id.startsWith('chl_')) ? proving.promise : idle),
    },
  });
  /** The first report of this state about this node. */
  const reported = (nodeId: string, state: string) =>
    new Promise<AgentReport>((resolve) => {
      const look = () => {
        const found = reports.find(
          (one) => one.kind === 'node' && one.node_id === nodeId && one.state === state,
        );
        if (found) resolve(found);
      };
      watchers.add(look);
      look();
    });
  /** A node that an earlier agent started. */
  const leave = (changes: Partial<NodeRecord>) => {
    const value = nodeRecord(changes);
    const view = { nodeId: value.node_id, process, exit: undefined, running: true };
    nodes.set(value.node_id, { ...view, record: { kind: 'valid', value } });
    return value;
  };
  const states = () => reports.map((one) => (one.kind === 'node' ? one.state : one.kind));
  const close = () => end.abort();
  return {
    handle,
    manager,
    nodes,
    launches,
    kept,
    finish,
    controls,
    reported,
    reports,
    leave,
    states,
    lines,
    asked,
    finishProving: proving.resolve,
    close,
  };
};

const stopOf = (command: StartNodeCommand): Command => ({
  ...base(),
  kind: 'stop_node',
  cluster_id: command.cluster_id,
  node_id: command.node_id,
});

it('starts a node once although the command comes three times, and stops it once', async () => {
  const agent = setup();
  const command = start();
  agent.handle([command, command]);
  expect(await agent.reported(command.node_id, 'accepted')).toMatchObject({
    ports: { gcs: 20_000, dashboard: 20_001, client: 20_002 },
  });
  await agent.reported(command.node_id, 'started');
  agent.handle([command]);
  const stop = stopOf(command);
  agent.handle([stop, stop]);
  const stopped = await agent.reported(command.node_id, 'stopped');
  expect(stopped).toMatchObject({ command_id: stop.command_id });
  expect(agent.launches).toEqual([command.node_id]);
  expect(agent.states()).toEqual(['accepted', 'started', 'stopped']);
  agent.close();
});

it('does not start the same node under another command', async () => {
  const agent = setup();
  const command = start();
  agent.handle([command]);
  await agent.reported(command.node_id, 'started');
  agent.handle([{ ...command, ...base() }]);
  agent.handle([stopOf(command)]);
  await agent.reported(command.node_id, 'stopped');
  expect(agent.launches).toHaveLength(1);
  agent.close();
});

it('refuses a second cluster at the same moment, and takes it once the first is gone', async () => {
  const agent = setup();
  const [first, second] = [start(), start()];
  agent.handle([first, second]);
  expect(await agent.reported(second.node_id, 'refused')).toMatchObject({ reason_code: 'busy' });
  const third = start();
  agent.handle([stopOf(first)]);
  await agent.reported(first.node_id, 'stopped');
  agent.handle([third]);
  await agent.reported(third.node_id, 'accepted');
  agent.close();
});

it('refuses another version of Ray, and passes on why a launch is refused', async () => {
  const agent = setup();
  const old = start({ ray_version: '2.9.0' });
  agent.handle([old]);
  expect(await agent.reported(old.node_id, 'refused')).toMatchObject({
    reason_code: 'ray_version_missing',
  });
  agent.controls.launchRefused = true;
  const command = start();
  agent.handle([command]);
  expect(await agent.reported(command.node_id, 'refused')).toMatchObject({
    reason_code: 'no_free_ports',
  });
  expect(agent.manager.count()).toBe(0);
  agent.close();
});

it('ends a node when the platform answers a report with stop', async () => {
  const agent = setup();
  agent.controls.answer = 'stop';
  const command = start();
  agent.handle([command]);
  expect(await agent.reported(command.node_id, 'stopped')).toMatchObject({ reason_code: null });
  agent.close();
});

it('reports a node that ended by itself with its reason and forgets it', async () => {
  const agent = setup();
  const command = start();
  agent.handle([command]);
  await agent.reported(command.node_id, 'started');
  agent.finish(command.node_id, { reason_code: 'ray_exited', detail: 'the raylet died' });
  expect(await agent.reported(command.node_id, 'exited')).toMatchObject({
    reason_code: 'ray_exited',
    detail: 'the raylet died',
  });
  await agent.manager.stop(command.node_id);
  expect(agent.nodes.size).toBe(0);
  agent.close();
});

it('moves the deadline of a running node, and says so when there is none', async () => {
  const agent = setup();
  const command = start();
  agent.handle([command]);
  await agent.reported(command.node_id, 'started');
  const { cluster_id, node_id } = command;
  agent.handle([{ ...base(), kind: 'keep_node', cluster_id, node_id, stop_after_seconds: 900 }]);
  await agent.reported(node_id, 'kept');
  expect(agent.kept).toEqual([900]);
  const gone = newId('nod', 1, randomness);
  const keep = { ...base(), kind: 'keep_node' as const, cluster_id, stop_after_seconds: 900 };
  agent.handle([{ ...keep, node_id: gone }]);
  expect(await agent.reported(gone, 'exited')).toMatchObject({ detail: expect.any(String) });
  agent.close();
});

it('answers a stop for a node that was never here', async () => {
  const agent = setup();
  const stop = stopOf(start());
  agent.handle([stop]);
  const nodeId = stop.kind === 'stop_node' ? stop.node_id : '';
  expect(await agent.reported(nodeId, 'stopped')).toMatchObject({ command_id: stop.command_id });
  agent.close();
});

it('tells where an adopted head listens, from the first report on', async () => {
  const agent = setup();
  const head = agent.leave({ role: 'head', address: '127.0.0.1' });
  await agent.manager.adopt();
  await agent.reported(head.node_id, 'started');
  expect(agent.states()).toEqual(['accepted', 'started']);
  const place = {
    command_id: head.command_id,
    address: '127.0.0.1',
    ports: { gcs: 20_000, dashboard: 20_001, client: 20_002 },
  };
  expect(agent.reports).toEqual([expect.objectContaining(place), expect.objectContaining(place)]);
  agent.close();
});

it('goes on watching a node although ending it fails, and stops it in the end', async () => {
  const agent = setup();
  const command = start();
  agent.handle([command]);
  await agent.reported(command.node_id, 'started');
  agent.controls.stopsFail = 2;
  agent.finish(command.node_id, { reason_code: 'ray_exited', detail: 'the raylet died' });
  await agent.reported(command.node_id, 'exited');
  await agent.manager.stop(command.node_id);
  const failures = agent.lines.filter((line) => line.event === 'node_watch_failed');
  expect(failures).toHaveLength(2);
  expect(agent.manager.count()).toBe(0);
  agent.close();
});

it('ends a node that is no longer wanted although that fails at first', async () => {
  const agent = setup();
  agent.controls.answer = 'stop';
  agent.controls.stopsFail = 3;
  const command = start();
  agent.handle([command]);
  await agent.reported(command.node_id, 'stopped');
  const failures = agent.lines.filter((line) => line.event === 'node_stop_failed');
  expect(failures.length).toBeGreaterThan(0);
  const next = start();
  agent.controls.answer = 'ok';
  agent.handle([next]);
  await agent.reported(next.node_id, 'accepted');
  agent.close();
});

it('logs what fails behind it, and rejects nothing that nobody handles', async () => {
  const { runtime, lines } = testRuntime();
  inBackground(runtime.log, 'errand', Promise.reject(new Error('no way')));
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toEqual([
    { level: 'error', event: 'background_failed', fields: { kind: 'errand', reason: 'no way' } },
  ]);
});

it('proves itself before a node starts, though the start came first in the same message', async () => {
  const agent = setup();
  const command = start();
  const claim = {
    ...{ backend: 'cpu', driver: '', gpu_uuid: '', kind: 'cpu', memory_bytes: 1, model: 'x' },
    ...{ pci_id: '', processor_id: `prc_${ulid}` },
  };
  const prove: Command = {
    ...base(),
    ...{ kind: 'prove', challenge_id: `chl_${ulid}`, challenge: 'c1'.repeat(32), claim },
    ...{ purpose: 'acceptance', processor_id: `prc_${ulid}`, gpu_index: null },
    params: { profile: 1, n: 64, k: 64, R: 1, P: 0, L: 0, S: 0, K: 1, q: 0 },
    commit_within_ms: 12_000,
  };
  agent.handle([command, prove, prove]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(agent.asked).toEqual([`chl_${ulid}`]);
  expect(agent.launches).toEqual([]);
  agent.finishProving();
  await agent.reported(command.node_id, 'accepted');
  agent.handle([prove]);
  expect(agent.asked).toHaveLength(1);
  agent.close();
});

it('tests the line once when it is asked', async () => {
  const agent = setup();
  const command: Command = {
    ...base(),
    ...{ kind: 'test_speed', test_id: `spt_${ulid}`, exchanges: ['ping'] },
    ...{ down_bytes: 1, up_bytes: 1, finish_within_seconds: 60 },
  };
  agent.handle([command, command]);
  await new Promise((resolve) => setImmediate(resolve));
  agent.handle([command]);
  expect(agent.asked).toEqual([`spt_${ulid}`]);
  agent.close();
});

it('never logs the cluster’s token', async () => {
  const agent = setup();
  const command = start();
  agent.handle([command]);
  await agent.reported(command.node_id, 'started');
  expect(JSON.stringify(agent.lines)).not.toContain(command.auth_token);
  agent.close();
});

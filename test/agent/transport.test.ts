/**
 * Signed requests, reports and the socket against a platform that verifies every signature: the
 * clock is corrected once, reports arrive in order however often they fail, the line comes back.
 */
import * as z from 'zod';
import { postEvery, runHeartbeats } from '../../agent/daemon/heartbeats.ts';
import { nodeReport } from '../../agent/daemon/node-manager.ts';
import { createRayChannel } from '../../agent/daemon/ray-channel.ts';
import { createApiClient } from '../../agent/platform/api-client.ts';
import { type Connection, openConnection } from '../../agent/platform/connection.ts';
import { createReporter } from '../../agent/platform/reporter.ts';
import { runSocketLink, type SocketLink } from '../../agent/platform/socket-link.ts';
import { type AgentRuntime, waitFor } from '../../agent/runtime.ts';
import { makeDeviceKey } from '../../agent/state/device-key.ts';
import { commandsAnswerSchema } from '../../shared/clusters/agent-protocol.ts';
import { registerAnswerSchema } from '../../shared/devices/agent-schemas.ts';
import { deviceId, type FakePlatform, startFakePlatform } from './support/fake-platform.ts';
import { nodeRecord, ulid } from './support/nodes.ts';
import { seededRandomness, testRuntime } from './support/runtime.ts';

let platform: FakePlatform;
beforeEach(async () => {
  platform = await startFakePlatform(0);
});
afterEach(() => platform.close());

const realClock: Partial<AgentRuntime> = { clock: { nowMs: () => Date.now() } };

const register = async (overrides: Partial<AgentRuntime> = {}) => {
  const seeded = { randomness: seededRandomness(platform.apiUrl) };
  const { runtime, lines, waits } = testRuntime({ ...realClock, ...seeded, ...overrides });
  const key = makeDeviceKey(runtime.stateFolder);
  const identity = { apiUrl: platform.apiUrl, privateKeyPem: key.privateKeyPem };
  const body = {
    join_token: 'join-token-of-the-test-suite',
    public_key: key.publicKey,
    name: 'one',
    agent_version: '0.1.0',
    isolation: 'process',
    address: '10.0.0.1',
    agent_port: 17_000,
    hardware: {
      os: 'linux',
      arch: 'x64',
      cpu: { name: 'x', cores: 1 },
      memory_mib: 1,
      disk_free_mib: 1,
      gpus: [],
    },
  };
  const answer = await createApiClient(runtime, { ...identity, keyid: key.publicKey }).send({
    method: 'POST',
    path: '/v1/devices',
    body,
    answer: registerAnswerSchema,
  });
  const api = createApiClient(runtime, { ...identity, keyid: answer.device_id });
  return { runtime, lines, waits, api, socketUrl: answer.socket_url };
};
const stop = {
  kind: 'stop_node' as const,
  command_id: `cmd_${ulid}` as const,
  issued_at: '2026-11-22T18:00:00.000Z',
  cluster_id: `clu_${ulid}` as const,
  node_id: `nod_${ulid}` as const,
};
const fetchCommands = {
  method: 'GET',
  path: '/v1/agent/commands',
  answer: commandsAnswerSchema,
} as const;

describe('requests', () => {
  it('are signed so that the real verifier accepts them', async () => {
    const { api } = await register();
    platform.pending = [stop];
    expect(await api.send(fetchCommands)).toEqual({ commands: [stop] });
    expect(platform.registrations).toHaveLength(1);
  });

  it('correct a wrong clock by the platform’s time and sign again', async () => {
    const { api, lines } = await register();
    platform.clockAheadMs = 3_600_000;
    expect(await api.send(fetchCommands)).toEqual({ commands: [] });
    expect(lines.map((line) => line.event)).toEqual(['clock_corrected']);
    platform.clockAheadMs = -3_600_000;
    expect(await api.send(fetchCommands)).toEqual({ commands: [] });
  });

  it('tell a refusal from silence', async () => {
    const { api } = await register();
    const answer = z.object({});
    await expect(api.send({ method: 'GET', path: '/v1/unknown', answer })).rejects.toMatchObject({
      name: 'PlatformRefusal',
      status: 404,
      isTemporary: false,
    });
    await platform.close();
    await expect(api.send(fetchCommands)).rejects.toMatchObject({ name: 'PlatformUnreachable' });
    platform = await startFakePlatform(0);
  });
});

describe('reports', () => {
  const report = (state: 'accepted' | 'started') => nodeReport(nodeRecord({}), 20_000, { state });

  it('are repeated until answered, those of one node in order', async () => {
    const { runtime, api, waits } = await register();
    let failures = 3;
    platform.answerReport = () => {
      failures -= 1;
      if (failures >= 0) return { status: 503, body: { code: 'service.unavailable' } };
      return { status: 200, body: { answer: 'ok' } };
    };
    const reporter = createReporter(runtime, api, new AbortController().signal);
    const both = [
      reporter.sendInOrder(report('accepted')),
      reporter.sendInOrder(report('started')),
    ];
    expect(await Promise.all(both)).toEqual(['ok', 'ok']);
    expect(platform.reports.map((one) => one.kind === 'node' && one.state)).toEqual([
      'accepted',
      'started',
    ]);
    expect(waits).toHaveLength(3);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_000);
  });

  it('hand back the platform’s wish to stop', async () => {
    const { runtime, api } = await register();
    platform.answerReport = () => ({ status: 200, body: { answer: 'stop' } });
    const reporter = createReporter(runtime, api, new AbortController().signal);
    expect(await reporter.send(report('started'))).toBe('stop');
  });

  it('are given up when refused for ever, and kept when the agent ends', async () => {
    const { runtime, api } = await register();
    platform.answerReport = () => ({ status: 404, body: { code: 'cluster.not_found' } });
    const end = new AbortController();
    const reporter = createReporter(runtime, api, end.signal);
    expect(await reporter.send(report('started'))).toBe('ok');
    end.abort();
    expect(await reporter.send(report('started'))).toBe('unsent');
    expect(await reporter.trySend(report('started'))).toBeUndefined();
  });

  it('tell ports of heads only and cut long words', () => {
    const worker = nodeReport(nodeRecord({ role: 'worker' }), 20_000, {
      state: 'exited',
      reason_code: 'ray_exited',
      detail: 'x'.repeat(900),
    });
    expect(worker).toMatchObject({ ports: null, address: '10.0.0.1' });
    expect(worker.detail).toHaveLength(500);
  });
});

describe('the socket', () => {
  const patient = { wait: (ms: number, signal?: AbortSignal) => waitFor(Math.min(ms, 20), signal) };

  const live = async (overrides: Partial<AgentRuntime>) => {
    const { runtime, api, socketUrl, lines } = await register(overrides);
    const end = new AbortController();
    const commands: unknown[] = [];
    const refused: string[] = [];
    const { link, ended } = runSocketLink(
      runtime,
      {
        open: () =>
          openConnection(
            runtime,
            { url: socketUrl, headers: api.socketHeaders(socketUrl) },
            (list) => commands.push(...list),
          ),
        onOpen: () => undefined,
        onClosed: () => undefined,
        onRefused: async () => {
          refused.push('asked why');
          platform.acceptsSockets = true;
        },
      },
      end.signal,
    );
    const finish = async () => {
      end.abort();
      await ended;
    };
    return { runtime, link, api, commands, refused, lines, finish };
  };
  const opened = () => platform.until(() => (platform.openSockets() === 1 ? true : undefined));

  it('carries heartbeats up', async () => {
    // Waits last as long as they should: the connection is neither rotated nor pinged meanwhile.
    const { runtime, link, api, finish } = await live({ wait: waitFor });
    await opened();
    const end = new AbortController();
    const options = { api, link, deviceId, isHired: () => false, onCommands: () => undefined };
    const heartbeats = runHeartbeats(runtime, options, end.signal);
    expect(await platform.until(() => platform.heartbeats[0])).toMatch(/post|socket/);
    end.abort();
    await heartbeats.ended;
    await finish();
  });

  it('comes back after a cut, and asks why when it is refused', async () => {
    const { refused, finish } = await live(patient);
    await opened();
    platform.acceptsSockets = false;
    platform.cutSockets();
    await platform.until(() => (refused.length > 0 ? true : undefined));
    await opened();
    expect(refused).toEqual(['asked why']);
    await finish();
  });
});

describe('a socket that takes messages and loses them', () => {
  /** Open, and nothing that it takes ever arrives. */
  const deafLink = (taken: string[]): SocketLink => ({
    isOpen: () => true,
    send: () => {
      taken.push('socket');
      return true;
    },
  });

  it.each([
    { hired: true, every: postEvery.hired },
    { hired: false, every: postEvery.idle },
  ])('keeps no command back: each $every-th heartbeat is a POST (hired: $hired)', async (one) => {
    const { runtime, api } = await register();
    const end = new AbortController();
    const sent: string[] = [];
    platform.pending = [stop];
    const heartbeats = runHeartbeats(
      runtime,
      {
        api,
        link: deafLink(sent),
        deviceId,
        isHired: () => one.hired,
        onCommands: (commands) => {
          expect(commands).toEqual([stop]);
          sent.push('post');
          if (platform.heartbeats.length === 2) end.abort();
        },
      },
      end.signal,
    );
    await heartbeats.ended;
    const between = Array.from({ length: one.every - 1 }, () => 'socket');
    expect(sent).toEqual([...between, 'post', ...between, 'post']);
  });

  it('is used on while POST fails', async () => {
    const { runtime, api } = await register();
    await platform.close();
    const end = new AbortController();
    const sent: string[] = [];
    const link = deafLink(sent);
    const send = () => {
      if (sent.length > 2 * postEvery.hired) end.abort();
      return link.send({});
    };
    const options = { api, deviceId, isHired: () => true, onCommands: () => undefined };
    const heartbeats = runHeartbeats(runtime, { ...options, link: { ...link, send } }, end.signal);
    await heartbeats.ended;
    expect(sent).toHaveLength(2 * postEvery.hired + 2);
    platform = await startFakePlatform(0);
  });

  it('hides no `stop` from a head: each fourth Ray report is a POST', async () => {
    const { runtime, api } = await register();
    const sent: string[] = [];
    const reporter = createReporter(runtime, api, new AbortController().signal);
    const channel = createRayChannel(deviceId, () => deafLink(sent), reporter);
    const ids = { cluster_id: `clu_${ulid}` as const, node_id: `nod_${ulid}` as const };
    const report = { kind: 'ray' as const, ...ids, nodes: [] };
    platform.answerReport = () => ({ status: 200, body: { answer: 'stop' } });
    const answers: unknown[] = [];
    for (let count = 0; count < 2 * postEvery.hired; count += 1) {
      answers.push(await channel(report));
    }
    const silent = Array.from({ length: postEvery.hired - 1 }, () => undefined);
    expect(answers).toEqual([...silent, 'stop', ...silent, 'stop']);
    expect(sent).toHaveLength(2 * silent.length);
    expect(platform.reports).toEqual([report, report]);
    platform.answerReport = () => ({ status: 503, body: { code: 'service.unavailable' } });
    for (let count = 0; count < postEvery.hired; count += 1) await channel(report);
    expect(sent).toHaveLength(2 * silent.length + postEvery.hired);
  });
});

describe('the rotation of the socket', () => {
  it('opens the new connection before it closes the old one', async () => {
    const events: string[] = [];
    const rotations: number[] = [];
    const end = new AbortController();
    const { runtime } = testRuntime();
    const connection = (name: string): Connection => {
      let open = true;
      return {
        isOpen: () => open,
        send: () => open,
        closed: new Promise(() => undefined),
        close: () => {
          open = false;
          events.push(`close ${name}`);
        },
      };
    };
    let count = 0;
    const wait = async (ms: number) => {
      rotations.push(ms);
    };
    const { ended } = runSocketLink(
      { ...runtime, wait },
      {
        open: async () => {
          count += 1;
          events.push(`open ${count}`);
          if (count === 3) end.abort();
          return connection(String(count));
        },
        onOpen: () => undefined,
        onClosed: () => undefined,
        onRefused: async () => undefined,
      },
      end.signal,
    );
    await ended;
    expect(events).toEqual(['open 1', 'open 2', 'close 1', 'open 3', 'close 2', 'close 3']);
    for (const ms of rotations) {
      expect(ms).toBeGreaterThanOrEqual(90 * 60_000);
      expect(ms).toBeLessThanOrEqual(115 * 60_000);
    }
  });
});

/**
 * What devices call: receiveHeartbeat, listCommands, receiveReport, with real signatures. A request that
 * is not a device's own, or not new, changes nothing.
 */
import type { AgentReport } from '../../shared/clusters/agent-protocol.ts';
import { present } from '../../shared/core/assert.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { type Platform, setup, type TestDevice } from './fixture.ts';

const device = (platform: Platform, at = 0): TestDevice =>
  present(platform.devices[at], 'no device');

const requests = [
  ['receiveHeartbeat', { method: 'POST', path: '/v1/agent/heartbeat', body: {} }],
  ['listCommands', { method: 'GET', path: '/v1/agent/commands' }],
  [
    'receiveReport',
    {
      method: 'POST',
      path: '/v1/agent/reports',
      body: {
        report: {
          kind: 'ray',
          cluster_id: 'clu_00000000000000000000000001',
          node_id: 'nod_00000000000000000000000001',
          nodes: [],
        },
      },
    },
  ],
] as const;

describe.each(requests)('%s', (_name, request) => {
  const stateOf = (platform: Platform) => [
    platform.database.all('clusters'),
    platform.database.all('presence'),
  ];

  it('200 for a signed request', async () => {
    const platform = await setup();
    expect((await platform.signed(device(platform), request)).status).toBe(200);
  });

  it('401 unsigned', async () => {
    const platform = await setup();
    const state = stateOf(platform);
    expect(await platform.callWithoutKey(request)).toMatchObject({
      status: 401,
      body: { code: 'device.signature_invalid' },
    });
    expect(stateOf(platform)).toEqual(state);
  });

  it('401 signed by the key of another device', async () => {
    const platform = await setup();
    const state = stateOf(platform);
    const { id } = device(platform);
    const { privateKeyPem } = device(platform, 1);
    expect(await platform.signed({ id, privateKeyPem }, request)).toMatchObject({
      status: 401,
      body: { code: 'device.signature_invalid' },
    });
    expect(stateOf(platform)).toEqual(state);
  });

  it('401 the second time: a nonce is good for one request', async () => {
    const platform = await setup();
    const nonce = 'only-once-only-once';
    await platform.signed(device(platform), request, { nonce });
    expect(await platform.signed(device(platform), request, { nonce })).toMatchObject({
      status: 401,
      body: { code: 'device.nonce_replayed' },
    });
  });

  test.each([-61_000, 61_000])('401 with a clock that is off by %i ms', async (offMs) => {
    const platform = await setup();
    const nowMs = platform.clock.ms + offMs;
    const answer = await platform.signed(device(platform), request, { nowMs });
    expect(answer).toMatchObject({
      status: 401,
      body: { code: 'device.clock_skew', server_time: new Date(platform.clock.ms).toISOString() },
    });
  });
});

describe('receiveHeartbeat', () => {
  it('200: the device is seen, and gets what waits for it', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.step('dispatch-nodes', id);
    const hired = (await platform.cluster(id)).assignments[0];
    const own = present(
      platform.devices.find((each) => each.id === hired?.deviceId),
      'no device',
    );
    const answer = await platform.signed(own, requests[0][1]);
    const kinds = answer.body.commands.map(({ kind }: { kind: string }) => kind);
    expect(kinds.sort()).toEqual(['prove', 'start_node']);
    expect(await getPresence(platform.database, own.id)).toMatchObject({
      lastSeenMs: platform.clock.ms,
    });
  });

  it('400 with fields that it does not know', async () => {
    const platform = await setup();
    const request = { ...requests[0][1], body: { gpu_temperature: 70 } };
    expect((await platform.signed(device(platform), request)).status).toBe(400);
  });
});

describe('receiveReport', () => {
  it('400 for a report of no known kind', async () => {
    const platform = await setup();
    const request = { ...requests[2][1], body: { report: { kind: 'weather' } } };
    expect(await platform.signed(device(platform), request)).toMatchObject({
      status: 400,
      body: { code: 'request.malformed' },
    });
  });

  it("answers a report about another device's node exactly like one about an unknown node", async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.step('dispatch-nodes', id);
    const { nodeId, deviceId } = present((await platform.cluster(id)).assignments[0], 'no node');
    const other = present(
      platform.devices.find((each) => each.id !== deviceId),
      'no other',
    );
    const command = present((await platform.commandsOf(deviceId))[0], 'no command');
    const before = platform.database.all('clusters');
    const about = { command_id: command.command_id, cluster_id: id, node_id: nodeId };
    for (const state of ['accepted', 'refused', 'exited'] as const) {
      expect(await platform.report(other.id, platform.nodeReport(about, state))).toBe('stop');
    }
    const unknown = { ...about, node_id: platform.newId('nod') };
    expect(await platform.report(other.id, platform.nodeReport(unknown, 'accepted'))).toBe('stop');
    const ray = { kind: 'ray' as const, cluster_id: id, node_id: nodeId, nodes: [] };
    expect(await platform.report(other.id, ray)).toBe('stop');
    expect(platform.database.all('clusters')).toEqual(before);
  });

  it('takes the outcome of a Ray test, and the command out of the box', async () => {
    const platform = await setup();
    const { id } = device(platform);
    const report: AgentReport = {
      kind: 'test',
      command_id: platform.newId('cmd'),
      passed: false,
      seconds: 2.5,
      ray_version: null,
      python_version: null,
      address_reachable: false,
      peers_reached: [],
      detail: 'ray did not start',
    };
    expect(await platform.report(id, report)).toBe('ok');
    expect((await platform.device(id)).rayTestPassed).toBe(false);
  });
});

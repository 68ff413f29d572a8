/** From an order to a running cluster, in memory: the real steps and handlers, and played agents. */
import type { AgentReport, StartNodeCommand } from '../../shared/clusters/agent-protocol.ts';
import { getWait } from '../../shared/clusters/wait-store.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { orgId, siteId } from '../market/builders.ts';
import { headAddress, headPorts, type Platform, rateUnits, setup } from './fixture.ts';

/** Every start command that waits in any box, with its device. */
const starts = async (platform: Platform) => {
  const found: (StartNodeCommand & { readonly deviceId: string })[] = [];
  for (const { id } of platform.devices) {
    for (const command of await platform.commandsOf(id)) {
      if (command.kind === 'start_node') found.push({ ...command, deviceId: id });
    }
  }
  return found;
};

const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return present(list[0], 'an empty list');
};

const dues = (platform: Platform) =>
  platform.database.all('clusters').filter(({ pk }) => pk.startsWith('DUE#'));

/** An order of three nodes whose head was commanded, and that command. */
const headCommanded = async (platform: Platform, nodes = 3) => {
  const id = await platform.order(nodes);
  await platform.beat();
  await platform.step('dispatch-nodes', id);
  return { id, head: only(await starts(platform)) };
};

/** The same, with the head's ports known and its workers commanded. */
const workersCommanded = async (platform: Platform, nodes = 3) => {
  const { id, head } = await headCommanded(platform, nodes);
  await platform.report(head.deviceId, platform.nodeReport(head, 'accepted'));
  await platform.report(head.deviceId, platform.nodeReport(head, 'started'));
  const workers = await starts(platform);
  expect(workers).toHaveLength(nodes - 1);
  return { id, head, workers };
};

describe('provisioning', () => {
  it('commands one head first, the workers once the head is placed, each once', async () => {
    const platform = await setup({ devices: 4 });
    const { id, head } = await headCommanded(platform);
    expect((await platform.cluster(id)).status).toBe('deploying');
    expect(head).toMatchObject({ role: 'head', head: null, cpus: 16, gpus: 1, gpu_indexes: [0] });
    await platform.step('dispatch-nodes', id);
    only(await starts(platform));

    const accepted = platform.nodeReport(head, 'accepted');
    expect(await platform.report(head.deviceId, accepted)).toBe('ok');
    const workers = await starts(platform);
    expect(workers.map(({ role }) => role)).toEqual(['worker', 'worker']);
    for (const worker of workers) {
      expect(worker.head).toEqual({ address: headAddress, gcs_port: headPorts.gcs });
      expect(worker.auth_token).toBe(head.auth_token);
    }
    await platform.report(head.deviceId, accepted);
    await platform.step('dispatch-nodes', id);
    expect(await starts(platform)).toHaveLength(2);
  });

  it('tells each node to end by itself when the order could be over at the latest', async () => {
    const platform = await setup();
    const { head } = await headCommanded(platform);
    // Ten minutes to come up, two hours ordered, ten minutes of grace.
    expect(head.stop_after_seconds).toBe((2 * hourMs + 20 * minuteMs) / secondMs);
  });

  it('runs once Ray lists all nodes: metering, due entry and new stop times in the same write', async () => {
    const platform = await setup();
    const { id, workers } = await workersCommanded(platform);
    const [first, second] = workers;
    for (const worker of [first, second]) {
      if (!worker) continue;
      expect(await platform.sendRay(id)).toBe('ok');
      expect((await platform.cluster(id)).status).toBe('deploying');
      await platform.report(worker.deviceId, platform.nodeReport(worker, 'accepted'));
      await platform.report(worker.deviceId, platform.nodeReport(worker, 'started'));
    }
    platform.clock.ms += 1_000;
    const nowMs = platform.clock.ms;
    const committed = platform.database.committed;
    let atOnce: readonly string[] = [];
    platform.database.faultOf = (writes) => {
      if (writes.length > 3) atOnce = writes.map(({ key }) => key.sk.split('#')[0] ?? '');
      return 'none';
    };
    await platform.sendRay(id);
    expect(platform.database.committed).toBeGreaterThan(committed);
    const cluster = await platform.cluster(id);
    expect(cluster).toMatchObject({
      status: 'running',
      runningAtMs: nowMs,
      paidUntilMs: nowMs + 2 * hourMs,
    });
    expect(Object.keys((await platform.usage(id))?.nodes ?? {})).toHaveLength(3);
    expect(only(dues(platform))['due_at_ms']).toBe(BigInt(nowMs + 2 * hourMs));
    expect([...atOnce].sort()).toEqual(
      [
        'CLUSTER',
        'EVT',
        'USAGE',
        ...dueKeys(cluster.provisionUntilMs, nowMs + 2 * hourMs),
        ...Array(3).fill('CMD'),
      ].sort(),
    );
    for (const { deviceId } of cluster.assignments) {
      const keep = (await platform.commandsOf(deviceId)).at(-1);
      expect(keep).toMatchObject({
        kind: 'keep_node',
        stop_after_seconds: (2 * hourMs + 10 * minuteMs) / secondMs,
      });
    }
    expect(platform.woken.at(-1)).toBe(await getWait(platform.database, id));
    expect(await platform.step('assess-cluster', id)).toBe('running');
  });

  it('does not run while Ray lists a node with fewer resources than ordered', async () => {
    const platform = await setup();
    const { id } = await workersCommanded(platform);
    await platform.obey();
    const { deviceId, body } = await platform.rayReport(id);
    if (body.kind !== 'ray') throw new Error('no Ray report');
    const short = { ...body, nodes: body.nodes.map((row, at) => (at ? row : { ...row, gpus: 0 })) };
    await platform.report(deviceId, short);
    expect((await platform.cluster(id)).status).toBe('deploying');
    await platform.report(deviceId, body);
    expect((await platform.cluster(id)).status).toBe('running');
  });

  it('does not run with a node whose agent said that it ended', async () => {
    const platform = await setup();
    const { id, workers } = await workersCommanded(platform);
    await platform.obey();
    const { deviceId, body } = await platform.rayReport(id);
    const worker = present(workers[0], 'no worker');
    await platform.report(worker.deviceId, platform.nodeReport(worker, 'exited'));
    await platform.report(deviceId, body);
    expect((await platform.cluster(id)).status).toBe('deploying');
  });
});

/** As `dueKey` begins. */
const dueKeys = (...times: readonly number[]) => times.map((ms) => new Date(ms).toISOString());

describe('a replacement', () => {
  it('takes the line of a device that refuses, which is let go until it has proven itself', async () => {
    const platform = await setup({ devices: 4 });
    const { id, workers } = await workersCommanded(platform);
    const worker = present(workers[0], 'no worker');
    const busy = platform.nodeReport(worker, 'refused', { reason_code: 'busy' });
    expect(await platform.report(worker.deviceId, busy)).toBe('ok');
    expect(platform.woken.at(-1)).toBe(await getWait(platform.database, id));
    expect(await platform.step('assess-cluster', id)).toBe('wait');
    await platform.step('dispatch-nodes', id);

    const { assignments, lines } = await platform.cluster(id);
    const [old, next] = assignments.filter(({ lineId }) => lineId === lineOf(assignments, worker));
    expect([old?.state, next?.state]).toEqual(['replaced', 'active']);
    expect(next?.rateUnitsPerHour).toBeLessThanOrEqual(lines[0]?.rateUnitsPerHour ?? 0n);
    expect(await platform.device(worker.deviceId)).toMatchObject({
      hiredBy: null,
      rayTestPassed: false,
      statusReason: 'stop_unconfirmed',
    });
    expect((await platform.device(next?.deviceId ?? '')).hiredBy).toBe(id);
    await platform.obey();
    await platform.sendRay(id);
    expect((await platform.cluster(id)).status).toBe('running');
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('is found for a silent device after 25 seconds; when that one speaks later, it is told to stop', async () => {
    const platform = await setup({ devices: 4 });
    const { id, workers } = await workersCommanded(platform);
    const [silent, other] = workers;
    await platform.obey([present(silent, 'no worker').deviceId]);
    platform.clock.ms += 25_000;
    expect(await platform.step('assess-cluster', id)).toBe('wait');
    expect(await platform.nodes(id)).toHaveLength(3);
    platform.clock.ms += 1;
    expect(await platform.step('assess-cluster', id)).toBe('wait');
    await platform.step('dispatch-nodes', id);
    expect(await platform.nodes(id)).toHaveLength(4);
    expect(
      await platform.report(
        silent?.deviceId ?? '',
        platform.nodeReport(present(silent, ''), 'accepted'),
      ),
    ).toBe('stop');
    expect((await platform.device(other?.deviceId ?? '')).hiredBy).toBe(id);
    const { assignments } = await platform.cluster(id);
    const reasons = platform.database
      .all('clusters')
      .filter((item) => item['event'] === 'cluster.node_replaced')
      .map((item) => item['reason_code']);
    expect(reasons).toEqual(['device_silent']);
    expect(assignments.filter(({ state }) => state === 'active')).toHaveLength(3);
    const commands = await platform.commandsOf(silent?.deviceId ?? '');
    expect(commands.map(({ kind }) => kind)).toContain('stop_node');
  });

  it('of the head begins a new Ray cluster: the workers get new nodes and the old ones end', async () => {
    const platform = await setup({ devices: 4 });
    const { id, head, workers } = await workersCommanded(platform);
    const exited = platform.nodeReport(head, 'exited', { reason_code: 'ray_exited' });
    await platform.report(head.deviceId, exited);
    await platform.step('assess-cluster', id);
    const { assignments, headEndpoint } = await platform.cluster(id);
    expect(headEndpoint).toBeNull();
    expect(assignments.filter(({ state }) => state === 'replaced')).toHaveLength(3);
    expect(assignments.filter(({ state }) => state === 'active')).toHaveLength(3);
    await platform.step('dispatch-nodes', id);
    for (const { deviceId, node_id } of workers) {
      expect((await platform.device(deviceId)).hiredBy).toBe(id);
      const stops = (await platform.commandsOf(deviceId)).filter(
        ({ kind }) => kind === 'stop_node',
      );
      expect(only(stops)).toMatchObject({ node_id });
    }
    const heads = (await starts(platform)).filter(({ role }) => role === 'head');
    expect(only(heads).deviceId).not.toBe(head.deviceId);
    // The late words of the old head move nothing.
    expect(await platform.report(head.deviceId, platform.nodeReport(head, 'accepted'))).toBe(
      'stop',
    );
    expect((await platform.cluster(id)).headEndpoint).toBeNull();
    await platform.obey();
    await platform.obey();
    await platform.sendRay(id);
    const running = await platform.cluster(id);
    expect(running.status).toBe('running');
    await platform.run(id, 30_000);
    await platform.terminate(id);
    await platform.release(id);
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('of the head and a worker at once leaves one node on each line', async () => {
    const platform = await setup({ devices: 5 });
    const { id, head, workers } = await workersCommanded(platform);
    const worker = present(workers[0], 'no worker');
    for (const bad of [head, worker]) {
      await platform.report(bad.deviceId, platform.nodeReport(bad, 'exited'));
    }
    expect(await platform.step('assess-cluster', id)).toBe('wait');
    const { assignments } = await platform.cluster(id);
    const active = assignments.filter(({ state }) => state === 'active');
    expect(new Set(active.map(({ lineId }) => lineId)).size).toBe(3);
    expect(active.map(({ deviceId }) => deviceId)).not.toContain(worker.deviceId);
    await platform.step('dispatch-nodes', id);
    await platform.obey();
    await platform.obey();
    await platform.sendRay(id);
    expect((await platform.cluster(id)).status).toBe('running');
  });

  it('is found for a worker that joined and died before the cluster ran', async () => {
    const platform = await setup({ devices: 4 });
    const { id, workers } = await workersCommanded(platform);
    const [first, second] = workers;
    await platform.obey([present(second, 'no worker').deviceId]);
    await platform.sendRay(id);
    await platform.sendRay(id, [present(first, 'no worker').node_id]);
    await platform.step('assess-cluster', id);
    const states = (await platform.cluster(id)).assignments.map(({ nodeId, state }) => [
      nodeId,
      state,
    ]);
    expect(states).toContainEqual([first?.node_id, 'replaced']);
    expect(states).toContainEqual([second?.node_id, 'active']);
  });

  it('sends no worker to a head that is replaced at the very moment of the dispatch', async () => {
    const platform = await setup({ devices: 4 });
    const { id, head } = await headCommanded(platform);
    // While the report that places the head is dispatching, the head ends and is replaced.
    let armed = true;
    platform.database.beforeRead = async (table, key) => {
      const dispatching = table === 'devices' && (await platform.cluster(id)).headEndpoint !== null;
      if (!armed || !dispatching || key.sk !== 'DEVICE' || key.pk.includes(head.deviceId)) return;
      armed = false;
      await platform.report(head.deviceId, platform.nodeReport(head, 'exited'));
      await platform.step('assess-cluster', id);
    };
    await platform.report(head.deviceId, platform.nodeReport(head, 'accepted'));
    expect(armed).toBe(false);
    const commands = await starts(platform);
    expect(commands.filter(({ role }) => role === 'worker')).toEqual([]);
    platform.database.beforeRead = async () => {};
    await platform.step('dispatch-nodes', id);
    only(
      (await starts(platform)).filter(
        ({ role, deviceId }) => role === 'head' && deviceId !== head.deviceId,
      ),
    );
  });

  it('is never dearer than the quoted line, nor from another site', async () => {
    // Device 4 stands elsewhere; device 5 is another supplier's, who asks the catalogue's price.
    const others: Record<number, Partial<Device>> = {
      4: { siteId: siteId(9) },
      5: { organisationId: orgId(9) },
    };
    const platform = await setup({ devices: 5, device: (number) => others[number] ?? {} });
    const { id, workers } = await workersCommanded(platform);
    const worker = present(workers[0], 'no worker');
    await platform.report(worker.deviceId, platform.nodeReport(worker, 'refused'));
    expect(await platform.step('assess-cluster', id)).toBe('failed');
    expect(await platform.cluster(id)).toMatchObject({
      status: 'failed',
      reason: 'no_replacement',
    });
    await platform.release(id);
    const hold = await platform.hold(id);
    expect(hold).toMatchObject({ state: 'void', posted: 0n, released: hold.amount });
    expect(await platform.balances()).toMatchObject({ held: { amount: '0' } });
    for (const { id: deviceId } of platform.devices) {
      expect((await platform.device(deviceId)).hiredBy).toBeNull();
    }
    expect(await platform.invoices()).toEqual([]);
    expect(hold.amount).toBe(6n * rateUnits);
  });
});

const lineOf = (
  assignments: readonly { readonly nodeId: string; readonly lineId: string }[],
  command: StartNodeCommand,
) => assignments.find(({ nodeId }) => nodeId === command.node_id)?.lineId;

describe('the end of a provisioning', () => {
  it('comes after ten minutes, with everything returned', async () => {
    const platform = await setup();
    const { id } = await workersCommanded(platform);
    platform.clock.ms = (await platform.cluster(id)).provisionUntilMs;
    expect(await platform.step('assess-cluster', id)).toBe('failed');
    expect((await platform.cluster(id)).reason).toBe('provisioning_timed_out');
    expect(await platform.step('assess-cluster', id)).toBe('failed');
    await platform.release(id);
    expect(await platform.hold(id)).toMatchObject({ state: 'void', posted: 0n });
  });

  it('is refused by a cluster that came up at this very moment', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    await platform.provision(id);
    platform.clock.ms += 11 * minuteMs;
    expect(await platform.step('give-up', id)).toBe('running');
    expect(await platform.step('assess-cluster', id)).toBe('running');
  });

  it('stops late reports: after the fence every word is answered with stop, and nothing is dispatched', async () => {
    const platform = await setup();
    const { id, head } = await headCommanded(platform);
    await platform.terminate(id);
    expect(await platform.report(head.deviceId, platform.nodeReport(head, 'accepted'))).toBe(
      'stop',
    );
    expect(await platform.report(head.deviceId, platform.nodeReport(head, 'started'))).toBe('stop');
    expect(await platform.sendRay(id)).toBe('stop');
    await platform.step('dispatch-nodes', id);
    expect(await platform.nodes(id)).toHaveLength(1);
    expect(await platform.report(head.deviceId, platform.nodeReport(head, 'stopped'))).toBe('ok');
  });
});

describe('the order of reports', () => {
  /** All orders of the reports of one provisioning, some of them twice. */
  const shuffles = (count: number): number[][] =>
    count === 0
      ? [[]]
      : shuffles(count - 1).flatMap((rest) =>
          Array.from({ length: count }, (_, at) => rest.toSpliced(at, 0, count - 1)),
        );

  it('does not matter, nor do repeats: every order ends in the same state', async () => {
    const outcomes = new Set<string>();
    for (const [round, shuffle] of shuffles(4).entries()) {
      const platform = await setup({ seed: 'orders' });
      const { id, head } = await headCommanded(platform, 2);
      await platform.report(head.deviceId, platform.nodeReport(head, 'accepted'));
      const worker = only(await starts(platform));
      const messages: readonly (readonly [string, AgentReport])[] = [
        [head.deviceId, platform.nodeReport(head, 'accepted')],
        [head.deviceId, platform.nodeReport(head, 'started')],
        [worker.deviceId, platform.nodeReport(worker, 'accepted')],
        [worker.deviceId, platform.nodeReport(worker, 'started')],
      ];
      // Each order, with one report sent once more at its end and one at its start.
      for (const at of [round % 4, ...shuffle, (round + 1) % 4]) {
        const [deviceId, message] = present(messages[at], 'no message');
        expect(await platform.report(deviceId, message)).toBe('ok');
      }
      await platform.sendRay(id);
      await platform.sendRay(id);
      const { headEndpoint, status } = await platform.cluster(id);
      const nodes = (await platform.nodes(id)).map((node) => [node.deviceId, node.status]);
      const boxes = platform.database.all('clusters').filter(({ sk }) => sk.startsWith('CMD#'));
      outcomes.add(JSON.stringify([status, headEndpoint, nodes, boxes.length]));
    }
    expect(JSON.parse(only([...outcomes]))).toMatchObject([
      'running',
      { address: headAddress },
      [
        [expect.anything(), 'alive'],
        [expect.anything(), 'alive'],
      ],
      2,
    ]);
  });

  it('does not matter between the last words of a node and what was said before them', async () => {
    for (const states of [
      ['exited', 'accepted', 'started'],
      ['exited', 'started', 'accepted'],
    ] as const) {
      const platform = await setup({ devices: 4 });
      const { id, head } = await headCommanded(platform);
      const [last, ...late] = states;
      expect(await platform.report(head.deviceId, platform.nodeReport(head, last))).toBe('ok');
      for (const state of late) {
        expect(await platform.report(head.deviceId, platform.nodeReport(head, state))).toBe('stop');
      }
      const { headEndpoint } = await platform.cluster(id);
      expect(headEndpoint).toBeNull();
      expect(only(await platform.nodes(id)).status).toBe('exited');
    }
  });
});

/** From an order to a running cluster, in memory: the real steps and handlers, and played agents. */
import type { AgentReport } from '../../shared/clusters/agent-protocol.ts';
import { getWait } from '../../shared/clusters/wait-store.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import { deviceToJson } from '../../shared/devices/schemas.ts';
import { headCommanded, only, starts, workersCommanded } from './coming-up.ts';
import { headAddress, headPorts, type Platform, setup } from './fixture.ts';

const dues = (platform: Platform) =>
  platform.database.all('clusters').filter(({ pk }) => pk.startsWith('DUE#'));

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
    await platform.prove();
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
    const dueAtMs = dues(platform).map((item) => Number(item['due_at_ms']) - nowMs);
    expect(dueAtMs.sort()).toEqual([1.5 * hourMs, 2 * hourMs]);
    expect([...atOnce].sort()).toEqual(
      [
        'CLUSTER',
        'EVT',
        'USAGE',
        ...dueKeys(cluster.provisionUntilMs, nowMs + 1.5 * hourMs, nowMs + 2 * hourMs),
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

describe('the consent to proofs', () => {
  it.each([true, false])(
    'of the quote, %s, reaches the cluster, its devices and its agents',
    async (proofConsent) => {
      const platform = await setup({ devices: 4 });
      const id = await platform.order(2, { proofConsent });
      const shown = await platform.call({ method: 'GET', path: `/v1/clusters/${id}` });
      expect(shown.body.proof_consent).toBe(proofConsent);
      await platform.step('dispatch-nodes', id);
      const head = only(await starts(platform));
      expect(head.proof_consent).toBe(proofConsent);
      const { assignments } = await platform.cluster(id);
      for (const { deviceId } of assignments) {
        const device = await platform.device(deviceId);
        expect(device.hiredConsent).toBe(proofConsent);
        const told = deviceToJson(device, undefined, platform.clock.ms);
        expect(told.hired_proof_consent).toBe(proofConsent);
      }
      await platform.report(head.deviceId, platform.nodeReport(head, 'refused'));
      await platform.step('assess-cluster', id);
      await platform.step('dispatch-nodes', id);
      const successor = present((await platform.cluster(id)).assignments.at(-1), 'no successor');
      expect((await platform.device(successor.deviceId)).hiredConsent).toBe(proofConsent);
      expect((await platform.device(head.deviceId)).hiredConsent).toBeNull();
    },
  );
});

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

describe('the token of a workflow', () => {
  it('is not put in the place of the release that waits for the nodes to stop', async () => {
    const platform = await setup();
    const { id } = await headCommanded(platform);
    await platform.terminate(id);
    await platform.step('stop-nodes', id);
    const releases = await getWait(platform.database, id);
    const woken = platform.woken.length;
    await platform.step('dispatch-nodes', id);
    expect(platform.woken.length).toBe(woken + 1);
    expect(await getWait(platform.database, id)).toBe(releases);
    await platform.obey();
    expect(platform.woken.at(-1)).toBe(releases);
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
      await platform.prove();
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

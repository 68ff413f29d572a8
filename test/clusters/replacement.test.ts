/** Devices that refuse, stay silent or fail while a cluster comes up, and who takes their place. */
import type { StartNodeCommand } from '../../shared/clusters/agent-protocol.ts';
import { getWait } from '../../shared/clusters/wait-store.ts';
import { present } from '../../shared/core/assert.ts';
import type { Device } from '../../shared/devices/device.ts';
import { orgId, siteId } from '../market/builders.ts';
import { headCommanded, only, starts, workersCommanded } from './coming-up.ts';
import { rateUnits, setup } from './fixture.ts';

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
    // Those who answered with the device that is gone answer again with its successor.
    expect(await platform.cluster(id)).toMatchObject({
      status: 'deploying',
      acceptance: { number: 2, challenged: 3 },
    });
    await platform.prove();
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

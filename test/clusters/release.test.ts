/** The end of a cluster, whatever led to it: who pays what, and that everything is free again. */

import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { unitsOn } from '../../shared/ledger/transfer.ts';
import { invoiceIdOf } from '../../shared/payments/invoices/invoice.ts';
import { type Platform, rateUnits, setup } from './fixture.ts';

const due = (ms: number): bigint => (rateUnits * BigInt(ms)) / BigInt(hourMs);

/** A cluster of so many nodes that has just begun to run. */
const running = async (platform: Platform, nodes = 2, hours = 2) => {
  const id = await platform.order(nodes, { hours });
  await platform.provision(id);
  const { assignments } = await platform.cluster(id);
  return { id, head: assignments[0], worker: assignments[1] };
};

const expectEnded = async (platform: Platform, id: string, status: string, posted: bigint) => {
  expect(await platform.cluster(id)).toMatchObject({ status });
  expect((await platform.cluster(id)).closedAtMs).not.toBeNull();
  const hold = await platform.hold(id);
  expect(hold).toMatchObject({ state: 'closed', left: 0n, posted });
  expect(hold.released).toBe(hold.amount - posted);
  for (const device of platform.devices) {
    expect((await platform.device(device.id)).hiredBy).toBeNull();
  }
  const left = platform.database.all('clusters');
  expect(left.filter(({ pk }) => pk.startsWith('DUE#'))).toEqual([]);
  expect(left.filter((item) => item['live_pk'] !== undefined)).toEqual([]);
  const [invoice, ...others] = await platform.invoices();
  expect(others).toEqual([]);
  expect(invoice).toMatchObject({ id: invoiceIdOf(id), total: { amount: String(posted) } });
  expect(await platform.brokenBooks()).toEqual([]);
};

const platformPaid = async (platform: Platform): Promise<bigint> =>
  (await scanLedger(platform.database)).transfers.reduce(
    (sum, transfer) => sum - unitsOn(transfer, 'exp:sla'),
    0n,
  );

describe('a termination by the customer', () => {
  it('bills one hour per node within the first hour', async () => {
    const platform = await setup();
    const { id } = await running(platform);
    await platform.run(id, 5 * minuteMs);
    await platform.terminate(id);
    await platform.release(id);
    await expectEnded(platform, id, 'terminated', 2n * rateUnits);
    for (const { id: deviceId } of platform.devices) {
      expect((await platform.device(deviceId)).rayTestPassed).toBe(true);
    }
  });

  it('bills the proven time after it', async () => {
    const platform = await setup();
    const { id } = await running(platform);
    await platform.run(id, hourMs + 10 * minuteMs);
    await platform.terminate(id);
    await platform.release(id);
    await expectEnded(platform, id, 'terminated', 2n * due(hourMs + 10 * minuteMs));
  });

  it('bills no lost node for the hour', async () => {
    const platform = await setup();
    const { id, worker } = await running(platform);
    await platform.run(id, 10 * minuteMs);
    platform.clock.ms += 15_000;
    await platform.beat();
    await platform.sendRay(id, [worker?.nodeId ?? '']);
    expect((await platform.cluster(id)).status).toBe('running');
    await platform.terminate(id);
    await platform.release(id);
    await expectEnded(platform, id, 'terminated', rateUnits + due(10 * minuteMs));
  });

  it('can be settled although a report was proven after the clock of the request was read', async () => {
    const platform = await setup();
    const { id } = await running(platform);
    await platform.run(id, minuteMs);
    // Between the reading of the clock and the fence a report of the head comes in.
    let armed = true;
    platform.database.faultOf = (writes) => {
      const fence = writes.some(
        (write) => write.kind === 'update' && write.set?.['stopped_at_ms'] !== undefined,
      );
      if (!fence || !armed) return 'none';
      armed = false;
      return 'conflict';
    };
    platform.needs.pause = async () => {
      platform.clock.ms += 5;
      await platform.sendRay(id);
    };
    expect((await platform.terminate(id)).status).toBe(200);
    expect(armed).toBe(false);
    const usage = await platform.usage(id);
    expect((await platform.cluster(id)).stoppedAtMs).toBe(usage?.stoppedAtMs);
    await platform.release(id);
    await expectEnded(platform, id, 'terminated', 2n * rateUnits);
  });

  it('can be settled when the cluster began to run after the clock of the request was read', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.beat();
    await platform.step('dispatch-nodes', id);
    await platform.obey();
    let armed = true;
    platform.database.faultOf = (writes) => {
      const fence = writes.some(
        (write) => write.kind === 'update' && write.set?.['stopped_at_ms'] !== undefined,
      );
      if (!fence || !armed) return 'none';
      armed = false;
      return 'conflict';
    };
    platform.needs.pause = async () => {
      platform.clock.ms += 5;
      await platform.sendRay(id);
    };
    await platform.terminate(id);
    const cluster = await platform.cluster(id);
    expect(cluster.stoppedAtMs).toBeGreaterThanOrEqual(cluster.runningAtMs ?? Number.NaN);
    await platform.release(id);
    await expectEnded(platform, id, 'terminated', rateUnits);
  });

  it('before running gives all of it back', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    await platform.terminate(id);
    await platform.release(id);
    expect(await platform.cluster(id)).toMatchObject({ status: 'terminated', runningAtMs: null });
    const hold = await platform.hold(id);
    expect(hold).toMatchObject({ state: 'void', posted: 0n, released: hold.amount });
    expect(await platform.invoices()).toEqual([]);
    expect(await platform.brokenBooks()).toEqual([]);
  });
});

describe('expiry', () => {
  it('bills the ordered time; what is proven beyond it the platform pays', async () => {
    const platform = await setup();
    const { id } = await running(platform, 2, 1);
    await platform.run(id, hourMs);
    await platform.run(id, 30_000);
    expect(await platform.task('expire-clusters')).toEqual({ done: 2, failed: 0 });
    await platform.release(id);
    await expectEnded(platform, id, 'completed', 2n * rateUnits);
    expect(await platformPaid(platform)).toBe(2n * due(30_000));
  });
});

describe('a lost node', () => {
  it('is lost when Ray lists it as dead, stopped, and not billed from its last proven second', async () => {
    const platform = await setup();
    const { id, worker } = await running(platform);
    await platform.run(id, 90_000);
    await platform.run(id, 45_000, [worker?.nodeId ?? '']);
    const cluster = await platform.cluster(id);
    expect(cluster.assignments.map(({ state }) => state)).toEqual(['active', 'lost']);
    const kinds = (await platform.commandsOf(worker?.deviceId ?? '')).map(({ kind }) => kind);
    expect(kinds).toContain('stop_node');
    const usage = (await platform.usage(id))?.nodes;
    expect(usage?.[worker?.nodeId ?? '']).toMatchObject({ provenMs: 90_000, lost: true });
    // It comes back, and earns nothing.
    await platform.run(id, 45_000);
    expect((await platform.usage(id))?.nodes[worker?.nodeId ?? '']?.provenMs).toBe(90_000);
    await platform.run(id, hourMs);
    await platform.terminate(id);
    await platform.release(id);
    await expectEnded(platform, id, 'terminated', due(hourMs + 180_000) + due(90_000));
  });

  it('is lost when its own agent says that it ended', async () => {
    const platform = await setup();
    const { id, worker } = await running(platform);
    await platform.run(id, 30_000);
    const about = {
      command_id: platform.newId('cmd'),
      cluster_id: id,
      node_id: worker?.nodeId ?? '',
    };
    const report = platform.nodeReport(about, 'exited', { reason_code: 'ray_exited' });
    await platform.report(worker?.deviceId ?? '', report);
    await platform.report(worker?.deviceId ?? '', report);
    expect((await platform.cluster(id)).assignments[1]?.state).toBe('lost');
    const { body } = await platform.call({ method: 'GET', path: `/v1/clusters/${id}/events` });
    const losses = body.data.filter(({ kind }: { kind: string }) => kind === 'cluster.node_lost');
    expect(losses).toHaveLength(1);
    expect(losses[0].evidence).toContain('ray_exited');
    // Its supplier has it back at once, proven and ready.
    const device = await getDevice(platform.database, worker?.deviceId ?? '');
    expect(device).toMatchObject({ hiredBy: null, rayTestPassed: true });
  });

  it('does not count while its own device is silent, whatever Ray says', async () => {
    const platform = await setup();
    const { id, head, worker } = await running(platform);
    for (let at = 0; at < 10; at += 1) {
      platform.clock.ms += 15_000;
      await platform.beat([head?.deviceId ?? '']);
      await platform.sendRay(id);
    }
    const usage = (await platform.usage(id))?.nodes;
    expect(usage?.[head?.nodeId ?? '']?.provenMs).toBe(150_000);
    expect(usage?.[worker?.nodeId ?? '']?.provenMs).toBe(60_000);
  });

  it('that is the head ends the cluster in the same write; the proven time is settled, no minimum', async () => {
    const platform = await setup();
    const { id, head } = await running(platform);
    await platform.run(id, 10 * minuteMs);
    const about = {
      command_id: platform.newId('cmd'),
      cluster_id: id,
      node_id: head?.nodeId ?? '',
    };
    platform.clock.ms += 10_000;
    await platform.report(head?.deviceId ?? '', platform.nodeReport(about, 'exited'));
    expect(await platform.cluster(id)).toMatchObject({ status: 'failed', reason: 'head_lost' });
    expect((await platform.cluster(id)).assignments[0]?.state).toBe('lost');
    await platform.release(id);
    await expectEnded(platform, id, 'failed', due(10 * minuteMs) + due(10 * minuteMs + 10_000));
  });
});

describe('release', () => {
  it('is started once, by the event that ends the cluster', async () => {
    const platform = await setup();
    const { id } = await running(platform);
    await platform.terminate(id);
    await platform.relay();
    await platform.relay();
    expect(platform.started.map(({ arn, name }) => [arn, name])).toEqual([
      ['arn:provision-cluster', id],
      ['arn:release-cluster', id],
    ]);
  });

  it('wakes its workflow when the last node has stopped, and at once when none is left', async () => {
    const platform = await setup();
    const { id, worker } = await running(platform);
    await platform.terminate(id);
    const before = platform.woken.length;
    await platform.step('stop-nodes', id);
    await platform.obey([worker?.deviceId ?? '']);
    expect(platform.woken.length).toBe(before);
    await platform.obey();
    expect(platform.woken.length).toBe(before + 1);
    const after = platform.woken.length;
    await platform.step('stop-nodes', id);
    expect(platform.woken.length).toBe(after + 1);
  });

  it('lets devices go that never said that they stopped, until they have proven themselves', async () => {
    const platform = await setup();
    const { id, worker } = await running(platform);
    await platform.terminate(id);
    await platform.step('stop-nodes', id);
    await platform.obey([worker?.deviceId ?? '']);
    await platform.step('close-cluster', id);
    expect(await platform.device(worker?.deviceId ?? '')).toMatchObject({
      hiredBy: null,
      statusReason: 'stop_unconfirmed',
      rayTestPassed: false,
    });
    await expectEnded(platform, id, 'terminated', 2n * rateUnits);
  });

  it('refuses to close what has not ended', async () => {
    const platform = await setup();
    const { id } = await running(platform);
    await expect(platform.step('close-cluster', id)).rejects.toThrow();
    await expect(platform.step('stop-nodes', id)).rejects.toThrow();
  });

  it('closes once however often it is repeated, also at the same time', async () => {
    const platform = await setup();
    const { id } = await running(platform);
    await platform.terminate(id);
    await platform.step('stop-nodes', id);
    await platform.obey();
    const steps = [1, 2, 3].map(() => platform.step('close-cluster', id).catch(() => 'again'));
    expect(await Promise.all(steps)).toContain('closed');
    expect(await platform.step('close-cluster', id)).toBe('closed');
    await expectEnded(platform, id, 'terminated', 2n * rateUnits);
  });
});

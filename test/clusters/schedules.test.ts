/** The schedules of clusters: what is due, what is silent, what was left lying. */

import { commit } from '../../functions/kit/transaction.ts';
import { warnAtMs } from '../../shared/clusters/cluster.ts';
import { changeCluster } from '../../shared/clusters/cluster-store.ts';
import { putDue } from '../../shared/clusters/due-store.ts';
import { shardOf } from '../../shared/core/hash.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { type Platform, rateUnits, setup } from './fixture.ts';

const running = async (platform: Platform, nodes = 2, hours = 1) => {
  const id = await platform.order(nodes, { hours });
  await platform.provision(id);
  return id;
};

const dues = (platform: Platform) =>
  platform.database.all('clusters').filter(({ pk }) => pk.startsWith('DUE#'));

describe('expire-clusters', () => {
  it('leaves alone what is not due', async () => {
    const platform = await setup();
    const id = await running(platform);
    platform.clock.ms = (warnAtMs(await platform.cluster(id)) ?? 0) - 1;
    expect(await platform.task('expire-clusters')).toEqual({ done: 0, failed: 0 });
    expect((await platform.cluster(id)).status).toBe('running');
  });

  it('tells the customer once, in time, that the paid time ends and what the credit is good for', async () => {
    const platform = await setup({ credit: 10n * rateUnits });
    const id = await running(platform, 1, 4);
    const paidUntilMs = (await platform.cluster(id)).paidUntilMs ?? 0;
    platform.clock.ms = paidUntilMs - 30 * minuteMs;
    expect(await platform.task('expire-clusters')).toEqual({ done: 1, failed: 0 });
    expect(await platform.task('expire-clusters')).toEqual({ done: 0, failed: 0 });
    const path = `/v1/clusters/${id}/events`;
    const { body } = await platform.call({ method: 'GET', path });
    const told = body.data.filter(({ kind }: { kind: string }) => kind === 'cluster.low_balance');
    expect(told).toEqual([
      expect.objectContaining({ status: 'running', reason_code: 'paid_time_ends' }),
    ]);
    const { lines, orderedMs } = await platform.cluster(id);
    const rate = BigInt(lines.length) * rateUnits;
    const left = 10n * rateUnits - (rate * BigInt(orderedMs)) / BigInt(hourMs);
    expect(told[0].evidence).toContain('in 30 minutes');
    expect(told[0].evidence).toContain(`enough for ${(left * 60n) / rate} minutes`);
    platform.clock.ms = paidUntilMs;
    expect(await platform.task('expire-clusters')).toEqual({ done: 1, failed: 0 });
    expect((await platform.cluster(id)).status).toBe('completed');
  });

  it('tells once although two runs look at the same time', async () => {
    const platform = await setup();
    const id = await running(platform);
    platform.clock.ms = warnAtMs(await platform.cluster(id)) ?? 0;
    const runs = [platform.task('expire-clusters'), platform.task('expire-clusters')];
    expect(await Promise.all(runs)).toEqual([
      { done: 1, failed: 0 },
      { done: 1, failed: 0 },
    ]);
    const items = platform.database.all('clusters');
    expect(items.filter((item) => item['event'] === 'cluster.low_balance')).toHaveLength(1);
    expect(dues(platform)).toHaveLength(1);
  });

  it('completes a cluster whose paid time is over', async () => {
    const platform = await setup();
    const id = await running(platform);
    platform.clock.ms = (await platform.cluster(id)).paidUntilMs ?? 0;
    // Its warning, which nobody had worked off, and its end.
    expect(await platform.task('expire-clusters')).toEqual({ done: 2, failed: 0 });
    expect(await platform.cluster(id)).toMatchObject({
      status: 'completed',
      reason: 'ordered_time_over',
      stoppedAtMs: platform.clock.ms,
      terminatedByCustomer: false,
    });
    expect(dues(platform)).toEqual([]);
  });

  it('lets a cluster run whose time was extended while its entry was looked at', async () => {
    const platform = await setup();
    const id = await running(platform);
    const before = await platform.cluster(id);
    platform.clock.ms = before.paidUntilMs ?? 0;
    const paidUntilMs = platform.clock.ms + hourMs;
    let reads = 0;
    platform.database.beforeRead = async (table, key) => {
      if (table !== 'clusters' || key.sk !== 'CLUSTER') return;
      reads += 1;
      if (reads !== 2) return;
      const detail = { status: before.status, reasonCode: 'extended', actor: 'key_1' };
      await commit(platform.runtime, [
        ...changeCluster(
          before,
          { paidUntilMs },
          { ...detail, kind: 'cluster.running', evidence: null, atMs: platform.clock.ms },
        ),
        putDue({ clusterId: id, dueAtMs: paidUntilMs }),
      ]);
    };
    expect(await platform.task('expire-clusters')).toEqual({ done: 2, failed: 0 });
    expect((await platform.cluster(id)).status).toBe('running');
    expect(dues(platform).map((item) => item['due_at_ms'])).toEqual([BigInt(paidUntilMs)]);
    platform.clock.ms = paidUntilMs;
    await platform.task('expire-clusters');
    expect((await platform.cluster(id)).status).toBe('completed');
  });

  it('fails what has not come up in its time, even when no workflow ever looked at it', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    platform.clock.ms += 10 * minuteMs;
    expect(await platform.task('expire-clusters')).toEqual({ done: 1, failed: 0 });
    expect(await platform.cluster(id)).toMatchObject({
      status: 'failed',
      reason: 'provisioning_timed_out',
    });
    await platform.release(id);
    expect((await platform.hold(id)).state).toBe('void');
  });

  it('keeps the entry of what it could not end, and works off the others', async () => {
    const platform = await setup({ devices: 4 });
    const ids = [await platform.order(1), await platform.order(1)];
    platform.clock.ms += 10 * minuteMs;
    platform.database.faultOf = (writes) =>
      writes.some(({ key }) => key.pk === `CLU#${ids[0]}`) ? 'lost_request' : 'none';
    expect(await platform.task('expire-clusters')).toEqual({ done: 1, failed: 1 });
    expect(dues(platform).map((item) => item['cluster_id'])).toEqual([ids[0]]);
    platform.database.faultOf = () => 'none';
    expect(await platform.task('expire-clusters')).toEqual({ done: 1, failed: 0 });
  });
});

describe('settle-usage', () => {
  const settlements = async (platform: Platform, id: string) => (await platform.hold(id)).n;
  /** Moves the clock to that minute of the next hour. */
  const toMinute = (platform: Platform, minute: number) => {
    platform.clock.ms = (Math.floor(platform.clock.ms / hourMs) + 1) * hourMs + minute * minuteMs;
  };

  it("posts the proven time in the cluster's own minute of the hour, and only then", async () => {
    const platform = await setup();
    const id = await running(platform, 2, 4);
    await platform.run(id, 2 * minuteMs);
    const slot = shardOf(id, 60);
    toMinute(platform, (slot + 59) % 60);
    await platform.task('settle-usage');
    expect(await settlements(platform, id)).toBe(0);
    platform.minute();
    expect(await platform.task('settle-usage')).toEqual({ done: 1, failed: 0 });
    expect(await settlements(platform, id)).toBe(1);
    await platform.task('settle-usage');
    platform.minute();
    await platform.task('settle-usage');
    expect(await settlements(platform, id)).toBe(1);
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('makes up for minutes that a pause missed', async () => {
    const platform = await setup();
    const id = await running(platform, 1, 4);
    await platform.run(id, 2 * minuteMs);
    const slot = shardOf(id, 60);
    toMinute(platform, (slot + 59) % 60);
    await platform.task('settle-usage');
    platform.clock.ms += 7 * minuteMs;
    await platform.task('settle-usage');
    expect(await settlements(platform, id)).toBe(1);
  });

  it('works the same minutes off again when the run before died', async () => {
    const platform = await setup();
    const id = await running(platform, 1, 4);
    await platform.run(id, 2 * minuteMs);
    const slot = shardOf(id, 60);
    toMinute(platform, (slot + 59) % 60);
    await platform.task('settle-usage');
    platform.minute();
    platform.database.faultOf = () => {
      throw new Error('dies');
    };
    await expect(platform.task('settle-usage')).rejects.toThrow('dies');
    platform.database.faultOf = () => 'none';
    platform.minute();
    await platform.task('settle-usage');
    expect(await settlements(platform, id)).toBe(1);
  });

  it('and what is posted early is not posted again at the end', async () => {
    const platform = await setup();
    const id = await running(platform, 1, 4);
    for (let hour = 0; hour < 2; hour += 1) {
      await platform.run(id, hourMs);
      await platform.task('settle-usage');
    }
    await platform.terminate(id);
    await platform.release(id);
    expect((await platform.hold(id)).posted).toBe(2n * 360_000n);
    expect(await platform.brokenBooks()).toEqual([]);
  });
});

describe('reconcile-clusters', () => {
  /** Minutes of the schedule without any word of the agents. */
  const silentMinutes = async (platform: Platform, count: number) => {
    for (let minute = 0; minute < count; minute += 1) {
      platform.minute();
      await platform.task('reconcile-clusters');
    }
  };

  it('loses silent nodes once it has watched for two minutes', async () => {
    const platform = await setup();
    const id = await running(platform);
    await platform.task('reconcile-clusters');
    await silentMinutes(platform, 1);
    expect((await platform.cluster(id)).status).toBe('running');
    await silentMinutes(platform, 1);
    expect(await platform.cluster(id)).toMatchObject({ status: 'failed', reason: 'head_lost' });
    const states = (await platform.cluster(id)).assignments.map(({ state }) => state);
    expect(states).toEqual(['lost', 'lost']);
    await platform.release(id);
    expect(await platform.hold(id)).toMatchObject({ state: 'closed', posted: 0n });
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('loses a silent worker and keeps the cluster', async () => {
    const platform = await setup();
    const id = await running(platform);
    const [head, worker] = (await platform.cluster(id)).assignments;
    for (let minute = 0; minute < 4; minute += 1) {
      platform.minute();
      await platform.beat([head?.deviceId ?? '']);
      await platform.sendRay(id);
      await platform.task('reconcile-clusters');
    }
    const cluster = await platform.cluster(id);
    expect(cluster.status).toBe('running');
    expect(cluster.assignments.map(({ state }) => state)).toEqual(['active', 'lost']);
    const kinds = (await platform.commandsOf(worker?.deviceId ?? '')).map(({ kind }) => kind);
    expect(kinds).toContain('stop_node');
  });

  it('holds no silence of its own against anybody: after a pause it watches anew', async () => {
    const platform = await setup();
    const id = await running(platform, 2, 4);
    await platform.task('reconcile-clusters');
    await platform.run(id, 2 * minuteMs);
    await platform.task('reconcile-clusters');
    platform.clock.ms += hourMs;
    await platform.task('reconcile-clusters');
    platform.minute();
    await platform.task('reconcile-clusters');
    expect((await platform.cluster(id)).status).toBe('running');
    await platform.run(id, minuteMs);
    await platform.task('reconcile-clusters');
    const cluster = await platform.cluster(id);
    expect(cluster.assignments.map(({ state }) => state)).toEqual(['active', 'active']);
    // The hour that nobody saw is not charged either.
    const usage = await platform.usage(id);
    for (const node of Object.values(usage?.nodes ?? {}))
      expect(node.provenMs).toBeLessThan(5 * minuteMs);
  });

  it('starts a release anew that has not closed its cluster, once per ten minutes', async () => {
    const platform = await setup();
    const id = await running(platform);
    await platform.terminate(id);
    const releases = () =>
      platform.started.filter(({ arn }) => arn === 'arn:release-cluster').map(({ name }) => name);
    await platform.relay();
    expect(releases()).toEqual([id]);
    platform.clock.ms += 10 * minuteMs - 1;
    await platform.task('reconcile-clusters');
    expect(releases()).toEqual([id]);
    platform.clock.ms += 1;
    await platform.task('reconcile-clusters');
    await platform.task('reconcile-clusters');
    platform.clock.ms += 10 * minuteMs;
    await platform.task('reconcile-clusters');
    expect(releases()).toEqual([id, `${id}-1`, `${id}-2`]);
    await platform.release(id);
    platform.clock.ms += hourMs;
    expect(await platform.task('reconcile-clusters')).toEqual({ done: 0, failed: 0 });
  });

  it('judges nobody when most clusters are silent at once: their reports do not arrive', async () => {
    const platform = await setup({ devices: 4 });
    const ids = [await running(platform, 1), await running(platform, 1)];
    await platform.task('reconcile-clusters');
    platform.minute();
    await platform.task('reconcile-clusters');
    platform.minute();
    await expect(platform.task('reconcile-clusters')).rejects.toThrow('2 of 2 running clusters');
    for (const id of ids) expect((await platform.cluster(id)).status).toBe('running');
  });

  it('starts provisioning that nobody relayed', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.task('reconcile-clusters');
    expect(platform.started).toEqual([]);
    platform.clock.ms += minuteMs + 1;
    await platform.task('reconcile-clusters');
    expect(platform.started).toEqual([
      { arn: 'arn:provision-cluster', name: id, input: { cluster_id: id } },
    ]);
  });

  it('gives the device of a lost node back after ten minutes, though its end was never confirmed', async () => {
    const platform = await setup();
    const id = await running(platform, 2, 4);
    const [head, worker] = (await platform.cluster(id)).assignments;
    const device = () => getDevice(platform.database, worker?.deviceId ?? '');
    for (let minute = 0; minute < 13; minute += 1) {
      platform.minute();
      await platform.beat([head?.deviceId ?? '']);
      await platform.sendRay(id);
      await platform.task('reconcile-clusters');
      if (minute === 8) expect((await device())?.hiredBy).toBe(id);
    }
    expect(await device()).toMatchObject({ hiredBy: null, rayTestPassed: false });
    expect((await platform.cluster(id)).status).toBe('running');
  });
});

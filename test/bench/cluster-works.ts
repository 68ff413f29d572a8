/**
 * What a running cluster costs the platform beside its devices: the head's reports, the schedules of each
 * minute, and the hourly settlement with its statement lines.
 */
import { expireClusters } from '../../functions/clusters/expire-clusters.schedule.ts';
import { reconcileClusters } from '../../functions/clusters/reconcile-clusters.schedule.ts';
import { settleUsage } from '../../functions/clusters/settle-usage.schedule.ts';
import { settlementSource } from '../../functions/clusters/settlement-source.ts';
import { settleCluster } from '../../functions/ledger/settle-cluster.ts';
import { writeStatement } from '../../functions/ledger/write-statement.stream.ts';
import { hiredHeartbeatSeconds } from '../../shared/clusters/agent-protocol.ts';
import { assert } from '../../shared/core/assert.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import { transferKey } from '../../shared/ledger/keys.ts';
import { type Work, workOf } from './device-works.ts';
import { type Measured, meanOf, shareOf } from './meter.ts';
import { type MeteredWorld, withMeteredWorld } from './metered-world.ts';
import { type RentedCluster, rentCluster } from './rent-cluster.ts';

const times = 200;
const warmUp = 200;

/** One round of a cluster's life: every member is heard, then the head reports. */
const beat = async ({ world }: MeteredWorld, cluster: RentedCluster, ms: number) => {
  world.runtime.clock.ms += ms;
  for (const member of cluster.members) await world.heartbeat(member);
};

const headReport = async (metered: MeteredWorld, cluster: RentedCluster): Promise<Work> => {
  const { world, meter } = metered;
  const samples = [];
  for (let turn = 0; turn < warmUp + times; turn += 1) {
    await beat(metered, cluster, hiredHeartbeatSeconds * secondMs);
    samples.push(await meter.measure(1, () => world.report(cluster.head, cluster.rayReport)));
  }
  const measured = meanOf(samples.slice(warmUp));
  return workOf('report of the head', measured, 1, { socketMessage: 1 });
};

/** As every third report goes, although the socket is open. */
const postedReport = async (metered: MeteredWorld, cluster: RentedCluster): Promise<Work> => {
  const { world, meter } = metered;
  const samples = [];
  for (let turn = 0; turn < times; turn += 1) {
    await beat(metered, cluster, hiredHeartbeatSeconds * secondMs);
    const body = { report: cluster.rayReport };
    const signed = world.signed(cluster.head, 'POST', '/v1/agent/reports', body);
    samples.push(await meter.measure(1, () => world.call(signed)));
  }
  return workOf('report of the head as a signed request', meanOf(samples), 1, { httpRequest: 1 });
};

/** An hour of the three tasks of each minute, with this cluster or with none. */
const measureSchedules = async (
  metered: MeteredWorld,
  cluster?: RentedCluster,
): Promise<Measured> => {
  const { world, meter } = metered;
  const needs = {
    ...world.runtime,
    workflows: { start: async () => {} },
    provisionStateMachineArn: 'provision',
    releaseStateMachineArn: '',
  };
  const samples: Measured[] = [];
  for (let passed = 0; passed < hourMs; passed += minuteMs) {
    await liveMinute(metered, cluster);
    const sample = await meter.measure(1, async () => {
      await expireClusters(needs);
      await settleUsage(needs);
      await reconcileClusters(needs);
    });
    samples.push(sample);
  }
  return meanOf(samples);
};

/** A minute passes; a running cluster proves that it was alive. */
const liveMinute = async (metered: MeteredWorld, cluster?: RentedCluster): Promise<void> => {
  const { world } = metered;
  if (cluster) {
    await beat(metered, cluster, minuteMs);
    await world.report(cluster.head, cluster.rayReport);
  } else {
    world.runtime.clock.ms += minuteMs;
  }
};

/** Write units of an hourly settlement and its statement lines, hour by hour, the first hour first. */
export const measureSettlements = async (
  metered: MeteredWorld,
  cluster: RentedCluster,
  hours: number,
): Promise<readonly number[]> => {
  const { world, meter, unmetered } = metered;
  const { runtime } = world;
  const source = settlementSource(runtime.database, cluster.id);
  const writeUnits: number[] = [];
  for (let hour = 0; hour < hours; hour += 1) {
    for (let passed = 0; passed < hourMs; passed += minuteMs) {
      await liveMinute(metered, cluster);
    }
    const measured = await meter.measure(1, async () => {
      const settled = await settleCluster(runtime, source, false);
      assert(settled.outcome === 'posted', 'nothing was due after an hour');
      for (const { id } of settled.transfers) {
        const after = await unmetered.get('ledger', transferKey(id));
        await writeStatement(runtime, { kind: 'INSERT', after });
      }
    });
    writeUnits.push(measured.writeUnits);
  }
  return writeUnits;
};

export interface ClusterWorks {
  readonly headReport: Work;
  readonly postedReport: Work;
  /** What the schedules of each minute cost at all, and what a running cluster adds. */
  readonly schedules: Work;
  readonly schedulesPerCluster: Work;
  /** Write units per hour, the first hour first. */
  readonly settlements: { readonly suppliers: number; readonly writeUnits: readonly number[] }[];
}

const settledHours = 2;
const orderedHours = 8;

export const measureClusterWorks = async (): Promise<ClusterWorks> => {
  const one = await withMeteredWorld({ devices: 2, suppliers: 1 }, async (metered) => {
    const none = await measureSchedules(metered);
    const cluster = await rentCluster(metered.world, 2, orderedHours);
    const writeUnits = await measureSettlements(metered, cluster, settledHours);
    return {
      writeUnits,
      headReport: await headReport(metered, cluster),
      postedReport: await postedReport(metered, cluster),
      none,
      some: await measureSchedules(metered, cluster),
    };
  });
  const two = await withMeteredWorld({ devices: 2, suppliers: 2 }, async (metered) =>
    measureSettlements(metered, await rentCluster(metered.world, 2, orderedHours), settledHours),
  );
  return {
    headReport: one.headReport,
    postedReport: one.postedReport,
    schedules: workOf('schedules of clusters', one.none, 3),
    schedulesPerCluster: workOf(
      'schedules and settlement of the cluster',
      shareOf(one.none, one.some, 1),
      0,
    ),
    settlements: [
      { suppliers: 1, writeUnits: one.writeUnits },
      { suppliers: 2, writeUnits: two },
    ],
  };
};

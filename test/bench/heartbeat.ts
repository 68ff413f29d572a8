/**
 * `heartbeat`: what a device costs the platform in a month. Each kind of work is measured through its own
 * code on DynamoDB as the emulator has it, then counted as often as a month has it and priced by the
 * list. Everything that happens because the device is there is in the figure, the storage included.
 */
import { postEvery } from '../../agent/daemon/heartbeats.ts';
import {
  hiredHeartbeatSeconds,
  idleHeartbeatSeconds,
} from '../../shared/clusters/agent-protocol.ts';
import { measureClusterWorks } from './cluster-works.ts';
import { measureDeviceWorks, type Work } from './device-works.ts';
import { type Findings, lowerIsBetter, type Row, rounded } from './document.ts';
import { measureFleetWorks } from './fleet-works.ts';
import { type Consumption, costUsd, lambdaFacts, monthMinutes } from './list-prices.ts';
import { measureProofWorks } from './proof-works.ts';

/** Agents reconnect at a random 90 to 115 minutes. */
const connectionMinutes = 102.5;
/** A test is due after 20 hours and found by an hourly look. */
const rayTestHours = 20.5;
/** Devices and clusters that the work done once for all is shared by. */
const fleetDevices = 1_000;
const devicesPerCluster = 2;

const perMonth = {
  idleHeartbeats: (monthMinutes * 60) / idleHeartbeatSeconds,
  hiredHeartbeats: (monthMinutes * 60) / hiredHeartbeatSeconds,
  connections: monthMinutes / connectionMinutes,
  /** Of Ray and of the line, each. */
  rayTests: monthMinutes / 60 / rayTestHours,
  minutes: monthMinutes,
  hours: monthMinutes / 60,
  /** Slots open every ten minutes; agents ask for each one's document. */
  slots: monthMinutes / 10,
  days: monthMinutes / 60 / 24,
} as const;

/** One line of a device's month. */
interface Line {
  readonly device: 'idle' | 'hired' | 'both';
  readonly work: string;
  readonly times: number;
  readonly consumed: Consumption;
  readonly billedMs?: number;
}

const lineOf = (device: Line['device'], times: number, work: Work, share = 1): Line => ({
  device,
  work: share === 1 ? work.name : `${work.name} (1/${1 / share})`,
  times: times * share,
  consumed: work.consumed,
  billedMs: work.billedMs,
});

const linesOfMonth = async () => {
  const device = await measureDeviceWorks();
  const fleet = await measureFleetWorks();
  const cluster = await measureClusterWorks();
  const proof = await measureProofWorks();
  const byFleet = 1 / fleetDevices;
  const postedReports = perMonth.hiredHeartbeats / postEvery.hired;
  const socketReports = perMonth.hiredHeartbeats - postedReports;
  const lines: readonly Line[] = [
    lineOf('idle', perMonth.idleHeartbeats * (1 - 1 / postEvery.idle), device.heartbeat),
    lineOf('idle', perMonth.idleHeartbeats / postEvery.idle, device.postedHeartbeat),
    lineOf('hired', perMonth.hiredHeartbeats * (1 - 1 / postEvery.hired), device.heartbeat),
    lineOf('hired', perMonth.hiredHeartbeats / postEvery.hired, device.postedHeartbeat),
    {
      device: 'both',
      work: 'open connection',
      times: perMonth.minutes,
      consumed: { connectionMinute: 1 },
    },
    lineOf('both', perMonth.connections, device.reconnect),
    lineOf('both', perMonth.connections, device.fetchCommands),
    // It begins the period anew: half a heartbeat more on average.
    lineOf('both', perMonth.connections / 2, {
      ...device.heartbeat,
      name: 'heartbeat after connecting',
    }),
    lineOf('idle', perMonth.rayTests, device.rayTest),
    lineOf('idle', perMonth.rayTests, device.speedTest),
    lineOf('idle', perMonth.minutes, fleet.sweepIdle.perDevice),
    lineOf('hired', perMonth.minutes, fleet.sweepHired.perDevice),
    lineOf('both', perMonth.minutes, fleet.sweepIdle.own, byFleet),
    lineOf('idle', perMonth.hours, fleet.retest.perDevice),
    lineOf('both', perMonth.hours, fleet.retest.own, byFleet),
    // Once each: nothing is asked before a slot opens (test/agent/proofs/slot-loop.test.ts).
    lineOf('both', perMonth.slots, proof.slotPoll),
    lineOf('idle', perMonth.hours, proof.assignment),
    // Its hire may have ended: it asks before every slot.
    lineOf('hired', perMonth.slots, proof.assignment),
    // A micro proof of a hired device is as large as the light one measured here, or smaller.
    lineOf('both', perMonth.hours, proof.light),
    lineOf('idle', perMonth.days, proof.full),
    lineOf('both', perMonth.hours, proof.judging.perDevice),
    lineOf('both', perMonth.hours, proof.judging.own, byFleet),
    {
      device: 'idle',
      work: 'storage of a month of light and a year of full proofs, and of transcripts',
      times: 1,
      consumed: { storedGibMonth: proof.storedGib, bucketGibMonth: proof.transcriptGib },
    },
    {
      device: 'both',
      work: 'storage, with a year of events',
      times: 1,
      consumed: { storedGibMonth: device.storedGib },
    },
    lineOf('hired', socketReports, cluster.headReport, 1 / devicesPerCluster),
    lineOf('hired', postedReports, cluster.postedReport, 1 / devicesPerCluster),
    lineOf('hired', perMonth.minutes, cluster.schedulesPerCluster, 1 / devicesPerCluster),
    lineOf('hired', perMonth.minutes, cluster.schedules, byFleet),
  ];
  return { lines, settlements: cluster.settlements };
};

const rowOf = ({ device, work, times, consumed, billedMs }: Line): Row => ({
  device,
  work,
  times_per_month: rounded(times),
  write_units: rounded(consumed.write ?? 0),
  read_units: rounded(consumed.read ?? 0),
  messages: rounded(consumed.socketMessage ?? 0),
  requests: rounded(consumed.httpRequest ?? 0),
  lambda_ms: rounded(billedMs ?? 0),
  usd_month: rounded(times * costUsd(consumed)),
});

const monthUsd = (lines: readonly Line[], device: 'idle' | 'hired'): number =>
  lines
    .filter((line) => line.device === device || line.device === 'both')
    .reduce((sum, { times, consumed }) => sum + times * costUsd(consumed), 0);

export const benchHeartbeat = async (): Promise<Findings> => {
  const { lines, settlements } = await linesOfMonth();
  const figure = (id: string, goal: number | null, value: number) =>
    lowerIsBetter({ id, unit: 'USD', goal, samples: [value] });
  return {
    figures: [
      figure('idle_device_usd_month', 0.05, monthUsd(lines, 'idle')),
      figure('hired_device_usd_month', null, monthUsd(lines, 'hired')),
    ],
    rows: [
      ...lines.map(rowOf),
      ...settlements.flatMap(({ suppliers, writeUnits }) =>
        writeUnits.map((units, hour) => ({
          work: 'cluster_hour_wru',
          suppliers,
          hour: hour + 1,
          write_units: rounded(units),
          budget: rounded(10 + 3.3 * (suppliers - 1)),
        })),
      ),
      { work: `assumed per database call, ms: ${lambdaFacts.databaseCallMs}` },
    ],
  };
};

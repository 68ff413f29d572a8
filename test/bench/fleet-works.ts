/**
 * What the platform does once for all devices: the sweep of each minute and the hourly look for Ray tests
 * that are due. Measured without any device and with a fleet, idle or hired: the difference is what one
 * more device costs, the rest is the platform's own.
 */
import { retestDevices } from '../../functions/devices/retest-devices.schedule.ts';
import { sweepPresence } from '../../functions/devices/sweep-presence.schedule.ts';
import { commit } from '../../functions/kit/transaction.ts';
import type { Device } from '../../shared/devices/device.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { putPresence } from '../../shared/devices/presence-store.ts';
import { aDevice, orgId } from '../market/builders.ts';
import { startMs } from '../support/runtime.ts';
import { type Work, workOf } from './device-works.ts';
import { type Measured, shareOf } from './meter.ts';
import { type MeteredWorld, withMeteredWorld } from './metered-world.ts';

const fleetSize = 400;
const written = 20;
const times = 12;
const warmUp = 4;

const hire = {
  hiredBy: 'clu_00000000000000000000000001',
  hiredNode: 'nod_00000000000000000000000001',
  hiredAtMs: startMs,
  hiredConsent: true,
} as const;

const addFleet = async ({ world }: MeteredWorld, changes: Partial<Device>): Promise<void> => {
  const { runtime } = world;
  const add = async (number: number) => {
    const device = aDevice(number, { organisationId: orgId(1), ...changes });
    await commit(runtime, putNewDevice(device));
    const presence = firstPresence(`connection-${number}=`, runtime.clock.ms);
    await runtime.database.write(putPresence(device.id, undefined, presence));
  };
  for (let first = 0; first < fleetSize; first += written) {
    await Promise.all(Array.from({ length: written }, (_, index) => add(first + index)));
  }
};

type Task = typeof sweepPresence;

/** The fleet's devices are verified: no workflow is started. */
const retest: Task = (runtime) =>
  retestDevices({
    ...runtime,
    verifyStateMachineArn: '',
    workflows: {
      start: async () => {
        throw new Error('a verification was started');
      },
    },
  });

const measureTask = async ({ world, meter }: MeteredWorld, task: Task): Promise<Measured> => {
  for (let done = 0; done < warmUp; done += 1) await task(world.runtime);
  return meter.measure(times, () => task(world.runtime));
};

/** What the task costs at all, and what each device adds. */
export interface FleetWork {
  readonly own: Work;
  readonly perDevice: Work;
}

/** The work of a task by what it took without devices and with so many. */
export const fleetWork = (
  name: string,
  { empty, full, devices }: { empty: Measured; full: Measured; devices: number },
): FleetWork => ({
  own: workOf(name, empty, 1),
  perDevice: workOf(`${name}: this device`, shareOf(empty, full, devices), 0),
});

export interface FleetWorks {
  readonly sweepIdle: FleetWork;
  readonly sweepHired: FleetWork;
  readonly retest: FleetWork;
}

export const measureFleetWorks = async (): Promise<FleetWorks> => {
  const none = { devices: 0, suppliers: 1 };
  const { empty, idle, retestEmpty, retestIdle } = await withMeteredWorld(none, async (metered) => {
    const before = await measureTask(metered, sweepPresence);
    const retestBefore = await measureTask(metered, retest);
    await addFleet(metered, {});
    return {
      empty: before,
      retestEmpty: retestBefore,
      idle: await measureTask(metered, sweepPresence),
      retestIdle: await measureTask(metered, retest),
    };
  });
  const hired = await withMeteredWorld(none, async (metered) => {
    await addFleet(metered, hire);
    return measureTask(metered, sweepPresence);
  });
  const devices = fleetSize;
  return {
    sweepIdle: fleetWork('sweep of presence', { empty, full: idle, devices }),
    sweepHired: fleetWork('sweep of presence, hired', { empty, full: hired, devices }),
    retest: fleetWork('look for Ray tests that are due', {
      empty: retestEmpty,
      full: retestIdle,
      devices,
    }),
  };
};

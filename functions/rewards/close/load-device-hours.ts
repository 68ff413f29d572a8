/**
 * What is known of devices about an hour that is over: their status as it ended, uptime, stake, line, proofs,
 * and whether their suppliers have a wallet. A page of devices costs a read of each table that knows of them,
 * never a read per device; only of those whose status has moved since the hour ended the events are read.
 */
import type { Database } from '../../../shared/core/database.ts';
import type { Id } from '../../../shared/core/ids.ts';
import { hourMs } from '../../../shared/core/time.ts';
import type { Device, DeviceStatus } from '../../../shared/devices/device.ts';
import { listDeviceEvents } from '../../../shared/devices/device-event-store.ts';
import { getDevices } from '../../../shared/devices/device-store.ts';
import { firstPresence } from '../../../shared/devices/presence.ts';
import { getPresences } from '../../../shared/devices/presence-store.ts';
import { listWallets } from '../../../shared/identity/wallet-store.ts';
import { getGates } from '../../../shared/proofs/gate-store.ts';
import { processorsOf } from '../../../shared/proofs/processor.ts';
import { getFirstRewards } from '../../../shared/rewards/first-reward-store.ts';
import { type DeviceHour, uptimeOf } from '../../../shared/rewards/nomination.ts';
import type { RewardPolicy } from '../../../shared/rewards/policy.ts';
import { stakeDuring } from '../../../shared/rewards/stake.ts';
import { getStakes } from '../../../shared/rewards/stake-store.ts';

/** Whether an organisation had a wallet of its own before the hour ended; asked once for each. */
export type HasWallet = (organisationId: Id<'org'>) => Promise<boolean>;

/** Newest first, so that one that came after the hour hides none: an organisation has a few. */
const walletsRead = 100;

export const walletReader = (database: Database, startMs: number): HasWallet => {
  const known = new Map<string, Promise<boolean>>();
  const read = async (organisationId: string): Promise<boolean> => {
    const { wallets } = await listWallets(database, organisationId, { limit: walletsRead });
    return wallets.some(({ createdAtMs }) => createdAtMs < startMs + hourMs);
  };
  return (organisationId) => {
    const found = known.get(organisationId) ?? read(organisationId);
    known.set(organisationId, found);
    return found;
  };
};

export interface LoadedDevice {
  readonly device: Device;
  readonly hour: DeviceHour;
}

export interface HourToLoad {
  readonly startMs: number;
  readonly policy: RewardPolicy;
  readonly hasWallet: HasWallet;
}

/** The devices among these, at most 100, that were there before the hour ended, in no particular order. */
export const loadDeviceHours = async (
  database: Database,
  deviceIds: readonly string[],
  { startMs, policy, hasWallet }: HourToLoad,
): Promise<readonly LoadedDevice[]> => {
  const endMs = startMs + hourMs;
  const known = await getDevices(database, deviceIds);
  const devices = known.filter(({ createdAtMs }) => createdAtMs < endMs);
  const ids = devices.map(({ id }) => id);
  const processors = new Map(devices.map((device) => [device.id, processorsOf(device)]));
  const processorIds = [...processors.values()].flatMap((own) => own.map(({ id }) => id));
  const [presences, stakes, firsts, gates] = await Promise.all([
    getPresences(database, ids),
    getStakes(database, ids),
    getFirstRewards(database, ids),
    getGates(database, processorIds, startMs),
  ]);
  const stakeOf = new Map(stakes.map((stake) => [stake.deviceId, stake]));
  const gateOf = new Map(gates.map((gate) => [gate.processorId, gate]));
  return Promise.all(
    devices.map(async (device): Promise<LoadedDevice> => {
      const own = (processors.get(device.id) ?? []).map(({ id, model }) => ({
        model,
        gate: gateOf.get(id),
      }));
      // One that is gone for good has none: nothing of it was seen.
      const presence = presences.get(device.id) ?? firstPresence(null, endMs);
      const hour: DeviceHour = {
        publicId: device.publicId,
        status: await statusAt(database, device, endMs),
        processors: own.map(({ model, gate }) => ({
          model,
          proof: gate ? gate.reason : 'not_judged',
        })),
        tier: device.connectivityTier,
        hasWallet: await hasWallet(device.organisationId),
        stakeUnits: stakeDuring(stakeOf.get(device.id)?.levels ?? [], startMs),
        uptime: uptimeOf(presence, startMs, policy),
        firstRewardedMs: firsts.get(device.id) ?? null,
        // The judging of the hour asked for every slot, and noted whether a hire counted.
        hired: [own.some(({ gate }) => gate?.hired) ? 'micro' : null],
      };
      return { device, hour };
    }),
  );
};

const eventsRead = 20;
const pagesMax = 50;

/** The device's status as the hour ended; one that is gone for good earns nothing, whenever it went. */
const statusAt = async (
  database: Database,
  device: Device,
  endMs: number,
): Promise<DeviceStatus> => {
  if (device.status === 'terminated') return device.status;
  if (device.movedAtMs === null || device.movedAtMs < endMs) return device.status;
  let status: DeviceStatus = device.status;
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const read = { limit: eventsRead, cursor };
    const { events, next } = await listDeviceEvents(database, device.id, read);
    for (const { from, atMs } of events) {
      if (atMs < endMs) return status;
      status = from ?? status;
    }
    if (next === undefined) break;
    cursor = next;
  }
  return status;
};

/**
 * What is known of devices about an hour that is over: their status as it ended, uptime, stake, line, proofs,
 * and whether their suppliers have a wallet. A page of devices costs a read of each table that knows of them,
 * never a read per device; only of those whose status has moved since the hour ended the events are read.
 */
import type { Database } from '../../../shared/core/database.ts';
import { hourMs } from '../../../shared/core/time.ts';
import type { Device, DeviceStatus } from '../../../shared/devices/device.ts';
import { listDeviceEvents } from '../../../shared/devices/device-event-store.ts';
import { getDevices } from '../../../shared/devices/device-store.ts';
import { firstPresence } from '../../../shared/devices/presence.ts';
import { getPresences } from '../../../shared/devices/presence-store.ts';
import { type ConnectivityTier, tierSchema } from '../../../shared/devices/speed-schemas.ts';
import { listWallets } from '../../../shared/identity/wallet-store.ts';
import { getGates } from '../../../shared/proofs/gate-store.ts';
import { processorsOf } from '../../../shared/proofs/processor.ts';
import { getFirstRewards } from '../../../shared/rewards/first-reward-store.ts';
import { type DeviceHour, uptimeOf } from '../../../shared/rewards/nomination.ts';
import type { RewardPolicy } from '../../../shared/rewards/policy.ts';
import { stakeDuring } from '../../../shared/rewards/stake.ts';
import { getStakes } from '../../../shared/rewards/stake-store.ts';
import { inLanes } from '../../kit/lanes.ts';

/** Organisations with a wallet of their own before the hour ended, as far as they were asked for. */
export type Wallets = Map<string, boolean>;

/** What this process has asked for the hour that it works on: it works off several shards of it. */
const asked = new WeakMap<Database, { readonly startMs: number; readonly wallets: Wallets }>();

export const walletsOf = (database: Database, startMs: number): Wallets => {
  const last = asked.get(database);
  if (last?.startMs === startMs) return last.wallets;
  const wallets: Wallets = new Map();
  asked.set(database, { startMs, wallets });
  return wallets;
};

/** Newest first, so that one that came after the hour hides none: an organisation has a few. */
const walletsRead = 100;
const lanes = 8;

const askForWallets = async (
  database: Database,
  devices: readonly Device[],
  { startMs, wallets }: HourToLoad,
): Promise<void> => {
  const owners = new Set(devices.map(({ organisationId }) => organisationId));
  const unknown = [...owners].filter((owner) => !wallets.has(owner));
  await inLanes(unknown, lanes, async (owner) => {
    const found = await listWallets(database, owner, { limit: walletsRead });
    const isThere = found.wallets.some(({ createdAtMs }) => createdAtMs < startMs + hourMs);
    wallets.set(owner, isThere);
  });
};

export interface LoadedDevice {
  readonly device: Device;
  readonly hour: DeviceHour;
}

export interface HourToLoad {
  readonly startMs: number;
  readonly policy: RewardPolicy;
  readonly wallets: Wallets;
}

/** The devices among these, at most 100, that were there before the hour ended, in no particular order. */
export const loadDeviceHours = async (
  database: Database,
  deviceIds: readonly string[],
  hour: HourToLoad,
): Promise<readonly LoadedDevice[]> => {
  const { startMs, policy, wallets } = hour;
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
    askForWallets(database, devices, hour),
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
      const known: DeviceHour = {
        publicId: device.publicId,
        status: await statusAt(database, device, endMs),
        processors: own.map(({ model, gate }) => ({
          model,
          proof: gate ? gate.reason : 'not_judged',
        })),
        tier: await tierAt(database, device, endMs),
        hasWallet: wallets.get(device.organisationId) === true,
        stakeUnits: stakeDuring(stakeOf.get(device.id)?.levels ?? [], startMs),
        uptime: uptimeOf(presence, startMs, policy),
        firstRewardedMs: firsts.get(device.id) ?? null,
        // The judging of the hour asked for every slot, and noted whether a hire counted.
        hired: [own.some(({ gate }) => gate?.hired) ? 'micro' : null],
      };
      return { device, hour: known };
    }),
  );
};

/** The class of the device's line as the hour ended: what was measured later counts from the next hour on. */
const tierAt = async (
  database: Database,
  device: Device,
  endMs: number,
): Promise<ConnectivityTier | null> => {
  if ((device.speedTestedAtMs ?? 0) < endMs) return device.connectivityTier;
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const read = { limit: eventsRead, cursor };
    const { events, next } = await listDeviceEvents(database, device.id, read);
    const before = events.find(({ kind, atMs }) => kind === 'device.speed_tested' && atMs < endMs);
    // One that failed says no class: it is 0.
    if (before) return tierSchema.parse(before.evidence['tier'] ?? 0);
    if (next === undefined) break;
    cursor = next;
  }
  return null;
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

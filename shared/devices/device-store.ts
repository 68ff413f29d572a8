/**
 * Devices in the devices table. Every change writes the whole item at its next version, conditioned on
 * the version that was read, so that the index attributes always fit the state: a refused condition
 * means that somebody else changed the device, and the caller reads it again.
 */
import type { Database, Write } from '../core/database.ts';
import type { Id } from '../core/ids.ts';
import {
  assertDevice,
  changed,
  type Device,
  type Hire,
  isOffered,
  rayTestValidMs,
  speedTestValidMs,
} from './device.ts';
import { putDeviceEvent } from './device-event-store.ts';
import { attributesOf, parseDevice } from './device-item.ts';
import { putPastHire } from './hire-store.ts';
import {
  deviceKey,
  hiredPartition,
  offerPartition,
  offerShards,
  publicKeyPointerKey,
  siteDeviceEnd,
  siteDeviceKey,
  siteDevicePrefix,
  sortableMs,
  untestedPartition,
} from './keys.ts';
import {
  type Cause,
  eventOf,
  statusAfter,
  type TransitionReason,
  transition,
} from './lifecycle.ts';

/** Most offers that are read from one shard of a model: 1,600 of a model in all. */
const offersPerShardMax = 400;
/** Most pages read from one shard of what is hired or waits for a test. */
const pagesPerShardMax = 200;
const pageSize = 500;

/** Creates the device, the pointer from its key, and its membership of the site; all must be new. */
export const putNewDevice = (device: Device): readonly Write[] => [
  {
    kind: 'put',
    table: 'devices',
    key: publicKeyPointerKey(device.publicKey),
    attributes: { device_id: device.id },
    condition: { exists: false },
  },
  {
    kind: 'put',
    table: 'devices',
    key: deviceKey(device.id),
    attributes: attributesOf(assertDevice(device)),
    condition: { exists: false },
  },
  {
    kind: 'put',
    table: 'devices',
    key: siteDeviceKey(device.siteId, device.id),
    attributes: { device_id: device.id },
    condition: { exists: false },
  },
];

/** Writes a device that `changed` made; holds only at the version that was read. */
export const putDevice = (after: Device): Write => ({
  kind: 'put',
  table: 'devices',
  key: deviceKey(after.id),
  attributes: attributesOf(after),
  condition: { equals: { version: after.version - 1 } },
});

/** Takes the device out of its site's list; part of its end. */
export const removeSiteDevice = (device: Device): Write => ({
  kind: 'delete',
  table: 'devices',
  key: siteDeviceKey(device.siteId, device.id),
  condition: { exists: true },
});

/**
 * Moves the device to the status that the reason leads to, with `changes` beside it, and records the
 * event. Throws `device.wrong_status` and `device.hired`.
 */
export const transitionDevice = (
  device: Device,
  cause: Cause<TransitionReason>,
  nowMs: number,
  changes: Partial<Device> = {},
): { readonly device: Device; readonly writes: readonly Write[] } => {
  const moved = { ...transition(device, cause.reason), movedAtMs: nowMs };
  const after = changed(device, { ...changes, ...moved });
  const event = eventOf('device.status_changed', { from: device.status, after }, cause, nowMs);
  return { device: after, writes: [putDevice(after), putDeviceEvent(event)] };
};

/** Gives the whole device to a cluster; holds while it is up, free, and at the version that was read. */
export const reserveDevice = (device: Device, hire: Hire): Write => {
  const after = changed(device, {
    hiredBy: hire.clusterId,
    hiredNode: hire.nodeId,
    hiredAtMs: hire.sinceMs,
    hiredConsent: hire.proofConsent,
  });
  return {
    ...putDevice(after),
    condition: { equals: { version: device.version, status: 'up' }, missing: ['hired_by'] },
  } as Write;
};

/** Holds what is written beside it to no cluster having the device. */
export const isNotHired = (deviceId: string): Write => ({
  kind: 'check',
  table: 'devices',
  key: deviceKey(deviceId),
  condition: { exists: true, missing: ['hired_by'] },
});

/** How a cluster lets go of a device. */
export interface Release {
  readonly clusterId: Id<'clu'>;
  /** Whether it is certain that the node ended; if not, the device must pass a new test first. */
  readonly verified: boolean;
  /** Why it was let go, for the event of an unverified release. */
  readonly reason: string;
  readonly nowMs: number;
}

/**
 * Frees the device; holds while that cluster has it and it is at the version that was read. Verified, it
 * is offered again at once if it is ready; otherwise it goes down and its Ray test no longer counts. The
 * hire is remembered.
 */
export const releaseDevice = (device: Device, release: Release): readonly Write[] => {
  const free = { hiredBy: null, hiredNode: null, hiredAtMs: null, hiredConsent: null };
  const past = putPastHire(device, release.nowMs);
  const held = { version: device.version, hired_by: release.clusterId };
  const conditioned = (write: Write): Write => ({ ...write, condition: { equals: held } });
  if (release.verified) return [conditioned(putDevice(changed(device, free))), past];
  const status = statusAfter(device.status, 'stop_unconfirmed');
  const after = changed(device, {
    ...free,
    ...(status === undefined ? {} : { status, statusReason: 'stop_unconfirmed' as const }),
    rayTestedAtMs: null,
    rayTestPassed: false,
  });
  const event = eventOf(
    'device.status_changed',
    { from: device.status, after },
    { reason: 'stop_unconfirmed', actor: 'platform', evidence: { release_reason: release.reason } },
    release.nowMs,
  );
  return [conditioned(putDevice(after)), past, putDeviceEvent(event)];
};

/** The device with this id. */
export const getDevice = async (
  database: Database,
  deviceId: string,
): Promise<Device | undefined> => {
  const item = await database.get('devices', deviceKey(deviceId));
  return item && parseDevice(item);
};

/** The devices with these ids, in no particular order; unknown ones are left out. */
export const getDevices = async (
  database: Database,
  deviceIds: readonly string[],
): Promise<readonly Device[]> => {
  const devices: Device[] = [];
  for (let start = 0; start < deviceIds.length; start += 100) {
    const keys = deviceIds.slice(start, start + 100).map(deviceKey);
    devices.push(...(await database.getMany('devices', keys)).map(parseDevice));
  }
  return devices;
};

/** The device that registered with this key. */
export const getDeviceByPublicKey = async (
  database: Database,
  publicKey: string,
): Promise<Device | undefined> => {
  const pointer = await database.get('devices', publicKeyPointerKey(publicKey));
  const deviceId = pointer?.['device_id'];
  return typeof deviceId === 'string' ? getDevice(database, deviceId) : undefined;
};

/** Devices of an organisation, newest first. */
export const listDevicesByOrganisation = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('devices', {
    index: 'by_owner',
    pk: organisationId,
    skPrefix: 'DEVICE#',
    descending: true,
    ...page,
  });
  return { devices: found.items.map(parseDevice), next: found.next };
};

/**
 * Ids of other devices of the site, at most `limit`: those that follow in the order of ids, and then
 * those from its start, so that the devices of a site ask each other evenly.
 */
export const listSiteNeighbours = async (
  database: Database,
  device: Pick<Device, 'id' | 'siteId'>,
  limit: number,
): Promise<readonly string[]> => {
  const own = siteDeviceKey(device.siteId, device.id);
  const pages = await Promise.all([
    database.query('devices', {
      pk: own.pk,
      skFrom: own.sk,
      skTo: siteDeviceEnd,
      limit: limit + 1,
    }),
    database.query('devices', { pk: own.pk, skPrefix: siteDevicePrefix, limit: limit + 1 }),
  ]);
  const ids = pages.flatMap(({ items }) =>
    items.map((item) => item.sk.slice(siteDevicePrefix.length)),
  );
  return [...new Set(ids)].filter((id) => id !== device.id).slice(0, limit);
};

const shards = Array.from({ length: offerShards }, (_, shard) => shard);

/**
 * Devices of a model that can be hired now, as the index tells: plan from them, reserve by version. At
 * most 400 per shard, those with the newest tests.
 */
export const listOfferedDevices = async (
  database: Database,
  model: string,
  nowMs: number,
): Promise<readonly Device[]> => {
  const pages = await Promise.all(
    shards.map((shard) =>
      database.query('devices', {
        index: 'by_offer',
        pk: offerPartition(model, shard),
        skFrom: sortableMs(Math.max(0, nowMs - Math.max(rayTestValidMs, speedTestValidMs))),
        descending: true,
        limit: offersPerShardMax,
      }),
    ),
  );
  return pages
    .flatMap(({ items }) => items.map(parseDevice))
    .filter((device) => isOffered(device, nowMs));
};

/** Devices of a model that are free and one of whose tests is from before that time. */
export const listOffersTestedBefore = (
  database: Database,
  model: string,
  beforeMs: number,
): Promise<readonly Device[]> =>
  listShards(database, (shard) => ({
    pk: offerPartition(model, shard),
    skTo: sortableMs(beforeMs),
  }));

/** Devices that some cluster has. */
export const listHiredDevices = (database: Database): Promise<readonly Device[]> =>
  listShards(database, (shard) => ({ pk: hiredPartition(shard) }));

/** Devices that wait for a test or a proof. */
export const listUntestedDevices = (database: Database): Promise<readonly Device[]> =>
  listShards(database, (shard) => ({ pk: untestedPartition(shard) }));

const listShards = async (
  database: Database,
  partition: (shard: number) => { readonly pk: string; readonly skTo?: string },
): Promise<readonly Device[]> => {
  const found = await Promise.all(shards.map((shard) => listShard(database, partition(shard))));
  return found.flat();
};

const listShard = async (
  database: Database,
  partition: { readonly pk: string; readonly skTo?: string },
): Promise<readonly Device[]> => {
  const devices: Device[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesPerShardMax; page += 1) {
    const query = { index: 'by_offer', ...partition, limit: pageSize, cursor };
    const found = await database.query('devices', query);
    devices.push(...found.items.map(parseDevice));
    cursor = found.next;
    if (cursor === undefined) break;
  }
  return devices;
};

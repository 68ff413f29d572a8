/**
 * Devices in the devices table. Every change writes the whole item at its next version, conditioned on
 * the version that was read, so that the index attributes always fit the state: a refused condition
 * means that somebody else changed the device, and the caller reads it again.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { regions } from '../market/regions.ts';
import {
  assertDevice,
  changed,
  type Device,
  deviceReasons,
  deviceStatuses,
  type Hire,
  isOffered,
  rayTestValidMs,
} from './device.ts';
import { putDeviceEvent } from './device-event-store.ts';
import { hardwareSchema } from './hardware.ts';
import {
  deviceKey,
  hiredPartition,
  offerAttributes,
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
const offersPerShardMax = 100;
/** Most pages read from one shard of what is hired or waits for a test. */
const pagesPerShardMax = 200;
const pageSize = 500;

const stored = z.object({
  id: storedId<Id<'dev'>>(),
  public_id: z.string(),
  organisation_id: storedId<Id<'org'>>(),
  site_id: storedId<Id<'site'>>(),
  region: z.enum(regions),
  name: z.string(),
  status: z.enum(deviceStatuses),
  reason_code: z.enum(deviceReasons),
  version: wholeNumber,
  public_key: z.string(),
  hardware: z.string(),
  model: z.string(),
  processor_kind: z.enum(['cpu', 'gpu']),
  processor_count: wholeNumber,
  gpu_indexes: z.array(wholeNumber),
  cpus: wholeNumber,
  address: z.string(),
  agent_port: wholeNumber,
  isolation: z.enum(['process']),
  agent_version: z.string(),
  ray_version: z.string().optional(),
  python_version: z.string().optional(),
  ray_tested_at_ms: wholeNumber.optional(),
  ray_test_passed: z.boolean(),
  address_reachable: z.boolean(),
  hired_by: storedId<Id<'clu'>>().optional(),
  hired_node: storedId<Id<'nod'>>().optional(),
  hired_at_ms: wholeNumber.optional(),
  created_at_ms: wholeNumber,
});

const parse = (item: Item): Device => {
  const row = stored.parse(item);
  return assertDevice({
    id: row.id,
    publicId: row.public_id,
    organisationId: row.organisation_id,
    siteId: row.site_id,
    region: row.region,
    name: row.name,
    status: row.status,
    statusReason: row.reason_code,
    version: row.version,
    publicKey: row.public_key,
    hardware: hardwareSchema.parse(JSON.parse(row.hardware)),
    model: row.model,
    processorKind: row.processor_kind,
    processorCount: row.processor_count,
    gpuIndexes: row.gpu_indexes,
    cpus: row.cpus,
    address: row.address,
    agentPort: row.agent_port,
    isolation: row.isolation,
    agentVersion: row.agent_version,
    rayVersion: row.ray_version ?? null,
    pythonVersion: row.python_version ?? null,
    rayTestedAtMs: row.ray_tested_at_ms ?? null,
    rayTestPassed: row.ray_test_passed,
    addressReachable: row.address_reachable,
    hiredBy: row.hired_by ?? null,
    hiredNode: row.hired_node ?? null,
    hiredAtMs: row.hired_at_ms ?? null,
    createdAtMs: row.created_at_ms,
  });
};

/** The device that an item of the table holds; undefined for items of other kinds. */
export const readDevice = (item: Item): Device | undefined =>
  item.sk === deviceKey('').sk ? parse(item) : undefined;

const attributesOf = (device: Device) => ({
  id: device.id,
  public_id: device.publicId,
  organisation_id: device.organisationId,
  site_id: device.siteId,
  region: device.region,
  name: device.name,
  status: device.status,
  reason_code: device.statusReason,
  version: device.version,
  public_key: device.publicKey,
  hardware: JSON.stringify(device.hardware),
  model: device.model,
  processor_kind: device.processorKind,
  processor_count: device.processorCount,
  gpu_indexes: device.gpuIndexes,
  cpus: device.cpus,
  address: device.address,
  agent_port: device.agentPort,
  isolation: device.isolation,
  agent_version: device.agentVersion,
  ray_version: device.rayVersion ?? undefined,
  python_version: device.pythonVersion ?? undefined,
  ray_tested_at_ms: device.rayTestedAtMs ?? undefined,
  ray_test_passed: device.rayTestPassed,
  address_reachable: device.addressReachable,
  hired_by: device.hiredBy ?? undefined,
  hired_node: device.hiredNode ?? undefined,
  hired_at_ms: device.hiredAtMs ?? undefined,
  created_at_ms: device.createdAtMs,
  owner: device.organisationId,
  owner_sk: `DEVICE#${device.id}`,
  ...offerAttributes(device),
});

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
  const after = changed(device, { ...changes, ...transition(device, cause.reason) });
  const event = eventOf('device.status_changed', { from: device.status, after }, cause, nowMs);
  return { device: after, writes: [putDevice(after), putDeviceEvent(event)] };
};

/** Gives the whole device to a cluster; holds while it is up, free, and at the version that was read. */
export const reserveDevice = (device: Device, hire: Hire): Write => {
  const after = changed(device, {
    hiredBy: hire.clusterId,
    hiredNode: hire.nodeId,
    hiredAtMs: hire.sinceMs,
  });
  return {
    ...putDevice(after),
    condition: { equals: { version: device.version, status: 'up' }, missing: ['hired_by'] },
  } as Write;
};

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
 * is offered again at once if it is ready; otherwise it goes down and its Ray test no longer counts.
 */
export const releaseDevice = (device: Device, release: Release): readonly Write[] => {
  const free = { hiredBy: null, hiredNode: null, hiredAtMs: null };
  const held = { version: device.version, hired_by: release.clusterId };
  const conditioned = (write: Write): Write => ({ ...write, condition: { equals: held } });
  if (release.verified) return [conditioned(putDevice(changed(device, free)))];
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
  return [conditioned(putDevice(after)), putDeviceEvent(event)];
};

/** The device with this id. */
export const getDevice = async (
  database: Database,
  deviceId: string,
): Promise<Device | undefined> => {
  const item = await database.get('devices', deviceKey(deviceId));
  return item && parse(item);
};

/** The devices with these ids, in no particular order; unknown ones are left out. */
export const getDevices = async (
  database: Database,
  deviceIds: readonly string[],
): Promise<readonly Device[]> => {
  const devices: Device[] = [];
  for (let start = 0; start < deviceIds.length; start += 100) {
    const keys = deviceIds.slice(start, start + 100).map(deviceKey);
    devices.push(...(await database.getMany('devices', keys)).map(parse));
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
  return { devices: found.items.map(parse), next: found.next };
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
 * most 100 per shard, those with the newest Ray tests.
 */
export const listOffers = async (
  database: Database,
  model: string,
  nowMs: number,
): Promise<readonly Device[]> => {
  const pages = await Promise.all(
    shards.map((shard) =>
      database.query('devices', {
        index: 'by_offer',
        pk: offerPartition(model, shard),
        skFrom: sortableMs(Math.max(0, nowMs - rayTestValidMs)),
        descending: true,
        limit: offersPerShardMax,
      }),
    ),
  );
  return pages
    .flatMap(({ items }) => items.map(parse))
    .filter((device) => isOffered(device, nowMs));
};

/** Devices of a model that are free and whose Ray test is from before that time. */
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

/** Devices that wait for a test start of Ray. */
export const listUntestedDevices = (database: Database): Promise<readonly Device[]> =>
  listShards(database, (shard) => ({ pk: untestedPartition(shard) }));

const listShards = async (
  database: Database,
  partition: (shard: number) => { readonly pk: string; readonly skTo?: string },
): Promise<readonly Device[]> => {
  const devices: Device[] = [];
  for (const shard of shards) {
    let cursor: string | undefined;
    for (let page = 0; page < pagesPerShardMax; page += 1) {
      const found = await database.query('devices', {
        index: 'by_offer',
        ...partition(shard),
        limit: pageSize,
        cursor,
      });
      devices.push(...found.items.map(parse));
      cursor = found.next;
      if (cursor === undefined) break;
    }
  }
  return devices;
};
